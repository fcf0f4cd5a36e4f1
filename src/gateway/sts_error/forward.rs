//! What clients behind a proxy are told, whatever is wrong with what the proxy tells of their request.

use super::{FORBIDDEN, Said};
use crate::sts::ForwardError;

pub(super) fn forward(error: &ForwardError) -> Said {
    use ForwardError as E;
    match error {
        E::ProxySilent(_) => {
            let sentence = "The proxy in front of the service does not tell enough of the request. Ask its operator.";
            (FORBIDDEN, "ProxyIncomplete", sentence.into())
        }
        E::Host { received, .. } => {
            (FORBIDDEN, "MisdirectedRequest", format!("The service is not called \"{received}\"."))
        }
        E::Override(header) => (FORBIDDEN, "InvalidRequest", format!("The header {header} is not accepted.")),
        E::MethodParameter => (FORBIDDEN, "InvalidRequest", "The query parameter _method is not accepted.".into()),
        E::Body => {
            let sentence =
                "A request with a body is not accepted here, because nobody has compared it with what was signed.";
            (FORBIDDEN, "InvalidRequest", sentence.into())
        }
        E::Path(_) | E::Query => (FORBIDDEN, "InvalidURI", format!("The request is not accepted: {error}.")),
        E::NotMapped { method, path, .. } => {
            (FORBIDDEN, "AccessDenied", format!("Nobody may {method} {path}: the service answers no such request."))
        }
        E::TagsTooLong { .. } => {
            (FORBIDDEN, "AccessDenied", format!("The request is not passed on to the service: {error}."))
        }
    }
}
