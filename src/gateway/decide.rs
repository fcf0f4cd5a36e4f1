//! `POST /decide`: JSON in, JSON out.

use super::incoming::Incoming;
use super::sts::{signable, signed};
use super::sts_wire::Wire;
use super::{House, sts_error};
use crate::policy::Effect;
use crate::sts::{Finding, FoundPrincipal};
use crate::words::iso;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use std::sync::Arc;

pub(super) async fn post(State(house): State<Arc<House>>, incoming: Incoming) -> Response {
    let Incoming { method, uri, headers, body, mut request, .. } = incoming;
    let id = request.trace.id.clone();
    let headers = signable(&headers, &uri);
    let raw = signed(&method, &uri, &headers, &body);
    match house.sts.decide(raw, &mut request).await {
        Ok(finding) => {
            let json = [(header::CONTENT_TYPE, "application/json")];
            (StatusCode::OK, json, told(&finding, &id).to_string()).into_response()
        }
        Err(error) => sts_error::answer(&error, "Decide", Wire::Json, &id),
    }
}

/// `reason.code` is what AWS calls the fault of a request that is not genuine: with it a service can answer its client.
fn told(finding: &Finding, id: &str) -> Value {
    let Finding { principal, effect, decided_by, encoded_message } = finding;
    let (policy, statement) = decided_by.as_ref().map(|(policy, statement)| (policy, statement)).unzip();
    let code = principal.as_ref().err().map(|error| sts_error::said(error, "Decide").1);
    json!({
        "authentic": principal.is_ok(),
        "decision": if *effect == Effect::Allow { "allow" } else { "deny" },
        "principal": principal.as_ref().ok().map(who),
        "reason": { "policy": policy, "statement": statement, "kind": effect, "code": code },
        "encoded_message": encoded_message,
        "trace": id,
    })
}

fn who(principal: &FoundPrincipal) -> Value {
    let FoundPrincipal { arn, account, user_id, tags, source_identity, expires, session_name: _ } = principal;
    let tags: Map<String, Value> = tags.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
    json!({
        "arn": arn, "account": account.as_str(), "user_id": user_id, "tags": tags, "source_identity": source_identity,
        "expires": expires.map(iso),
    })
}
