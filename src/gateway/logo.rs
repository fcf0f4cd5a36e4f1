//! `GET /console/logo/{address}`: a provider's logo, for the pages that show it.
//!
//! It is somebody else's drawing. Pages show it as an image, which runs nothing; whoever opens it as a page gets one that
//! may do nothing, from an origin of its own.

use super::{House, pages};
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

pub(super) async fn get(State(house): State<Arc<House>>, Path(address): Path<String>) -> Response {
    let Some(logo) = house.sts.catalogue.logo(&address) else { return pages::not_found().await };
    let headers = [
        (header::CONTENT_TYPE, logo.kind.content_type()),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        // Its address is its digest.
        (header::CACHE_CONTROL, "public, max-age=86400, immutable"),
    ];
    (headers, logo.bytes.clone()).into_response()
}
