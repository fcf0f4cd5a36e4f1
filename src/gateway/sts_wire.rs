//! In which form an STS answer leaves: XML, unless the client asks for JSON, as those do that verify presigned requests
//! of GetCallerIdentity. Nobody else gets it: SDKs cannot read it.

use super::guard::ADDED;
use super::{sts_answer, sts_json, sts_xml};
use crate::sts::Answer;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    Xml,
    Json,
}

/// A refusal in the words of STS.
pub(super) struct Refused<'a> {
    /// `Sender` below 500, `Receiver` from there.
    pub(super) side: &'static str,
    pub(super) code: &'a str,
    pub(super) message: &'a str,
    pub(super) request_id: &'a str,
}

impl Wire {
    /// Whichever of the two the client names first.
    pub(super) fn asked(headers: &HeaderMap) -> Self {
        let named = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let ranges = named.flat_map(|value| value.split(',')).map(|range| {
            let kind = range.split(';').next().unwrap_or_default().trim();
            let is = |named: &str| kind.eq_ignore_ascii_case(named);
            if is("application/json") {
                Some(Self::Json)
            } else {
                (is("text/xml") || is("application/xml")).then_some(Self::Xml)
            }
        });
        ranges.flatten().next().unwrap_or(Self::Xml)
    }

    pub(super) fn answer(self, answer: &Answer, request_id: &str) -> Response {
        let (action, members) = sts_answer::of(answer);
        let text = match self {
            Self::Xml => sts_xml::result(action, &members, request_id),
            Self::Json => sts_json::result(action, &members, request_id),
        };
        let mut response = Response::new(Body::from(text));
        // At once room for those that the answer gets on its way out.
        *response.headers_mut() = HeaderMap::with_capacity(1 + ADDED);
        response.headers_mut().insert(header::CONTENT_TYPE, self.kind());
        response
    }

    pub(super) fn error(self, status: StatusCode, code: &str, message: &str, request_id: &str) -> Response {
        let side = if status.is_server_error() { "Receiver" } else { "Sender" };
        let refused = Refused { side, code, message, request_id };
        let text = match self {
            Self::Xml => sts_xml::error(&refused),
            Self::Json => sts_json::error(&refused),
        };
        (status, [(header::CONTENT_TYPE, self.kind())], Body::from(text)).into_response()
    }

    fn kind(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Xml => "text/xml",
            Self::Json => "application/json",
        })
    }
}
