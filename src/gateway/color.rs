//! `/console/color/{digits}.css`: what a colour of somebody's choice looks like. A stylesheet of our own for each, because
//! the pages' policy lets no style into the page itself, and ours have but colours in them that were parsed before.

use super::pages;
use crate::console::Color;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};

pub(super) async fn stylesheet(Path(file): Path<String>) -> Response {
    let color = file.strip_suffix(".css").and_then(Color::parse).filter(|color| file.starts_with(color.digits()));
    let Some(color) = color else { return pages::not_found().await };
    let (name, ink) = (color.digits(), color.ink());
    let css = format!(
        ".banner-{name} {{ --banner: #{name}; --banner-ink: #{ink}; }}\n.swatch-{name}::before {{ background: #{name}; }}\n"
    );
    let kept = "public, max-age=86400, immutable";
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, kept)], css).into_response()
}
