//! STS answers as JSON: the same members, times in seconds since 1970.

use super::sts_answer::{Member, Members};
use super::sts_wire::Refused;
use serde_json::{Map, Value, json};

pub(super) fn result(action: &str, members: &Members<'_>, request_id: &str) -> String {
    let metadata = json!({ "RequestId": request_id });
    let answer = [(format!("{action}Result"), object(members)), ("ResponseMetadata".to_owned(), metadata)];
    let named = [(format!("{action}Response"), Value::Object(answer.into_iter().collect()))];
    Value::Object(named.into_iter().collect()).to_string()
}

pub(super) fn error(refused: &Refused<'_>) -> String {
    let Refused { side, code, message, request_id } = refused;
    json!({ "Error": { "Code": code, "Message": message, "Type": side }, "RequestId": request_id }).to_string()
}

fn object(members: &Members<'_>) -> Value {
    let value = |member: &Member<'_>| match member {
        Member::Text(text) => json!(text),
        Member::Number(number) => json!(number),
        Member::Time(at) => json!(at.unix_timestamp()),
        Member::Group(members) => object(members),
    };
    Value::Object(members.iter().map(|(name, member)| ((*name).to_owned(), value(member))).collect::<Map<_, _>>())
}
