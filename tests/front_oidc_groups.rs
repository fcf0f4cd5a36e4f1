//! People in more groups than their token holds, through the front door: a directory that checks what it is asked.

use crate::front::sessions;
use crate::house::{Address, Answer, House};
use crate::oidc_issuer::{CLIENT, Issuer, NOW, RSA, claims};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const OID: &str = "0f3b8a52-0000-4000-8000-00000000a11c";
const OPS: &str = "11111111-0000-4000-8000-000000000001";
const APP_TOKEN: &str = "app-only-token";
const DEV: &str = "arn:aws:iam::111122223333:role/Dev";

/// A Graph-shaped directory on loopback. It answers by a list of pages, and notes what it was asked.
struct Graph {
    url: String,
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    /// (status, body) of each page, by the number in its query; `None` for one that never comes.
    pages: Mutex<Vec<Option<(u16, Value)>>>,
    asked: Mutex<Vec<(String, String)>>,
}

impl Graph {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1.0", listener.local_addr().unwrap());
        let shared = Arc::<Shared>::default();
        let router = Router::new().fallback(page).with_state(shared.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, shared, server }
    }

    fn answers(&self, pages: Vec<Option<(u16, Value)>>) {
        *self.shared.pages.lock().unwrap() = pages;
    }

    /// Address and Authorization header of each request so far.
    fn asked(&self) -> Vec<(String, String)> {
        self.shared.asked.lock().unwrap().clone()
    }

    fn next(&self, page: usize) -> String {
        format!("{}/users/{OID}/transitiveMemberOf?page={page}", self.url)
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn page(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap) -> Response {
    let header = |name| headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    shared.asked.lock().unwrap().push((uri.to_string(), header("authorization")));
    let number = uri.query().and_then(|query| query.strip_prefix("page=")?.parse::<usize>().ok()).unwrap_or_default();
    let pages = shared.pages.lock().unwrap().clone();
    match pages.get(number).unwrap_or(pages.last().unwrap()) {
        Some((status, body)) => (StatusCode::from_u16(*status).unwrap(), axum::Json(body.clone())).into_response(),
        None => std::future::pending().await,
    }
}

fn group(id: &str) -> Value {
    json!({ "@odata.type": "#microsoft.graph.group", "id": id, "securityEnabled": true })
}

fn list(entries: Value, next: Option<String>) -> Option<(u16, Value)> {
    let mut page = json!({ "@odata.context": "…", "value": entries });
    page.as_object_mut().unwrap().extend(next.map(|next| ("@odata.nextLink".to_owned(), next.into())));
    Some((200, page))
}

const RULE: &str = r#"
[[provider.rule]]
when = '"groups" in claims && claims.groups.exists(g, g == "11111111-0000-4000-8000-000000000001")'
roles = ["arn:aws:iam::111122223333:role/Dev"]
"#;

fn world(issuer: &Issuer, more: &str, condition: &str) -> String {
    let name = issuer.url.split_once("//").unwrap().1;
    format!(
        r#"
[[account]]
id = "111122223333"

[[provider]]
name = "entra"
account = "111122223333"
kind = "oidc"
issuer = "{}"
client_ids = ["{CLIENT}"]
allowed_networks = ["127.0.0.0/8"]
{more}

[[role]]
arn = "{DEV}"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::111122223333:oidc-provider/{name}"}},"Action":"sts:AssumeRoleWithWebIdentity"{condition}}}]}}' }}
"#,
        issuer.url
    )
}

/// Asks the directory where the configuration says.
fn followed(graph: &Graph) -> String {
    let secret = r#"client_id = "directory-reader", client_secret = { file = "graph-secret" }"#;
    format!("groups_overage = {{ endpoint = \"{}\", {secret} }}\n{RULE}", graph.url)
}

async fn open(issuer: &Issuer, more: &str) -> House {
    let files = [("graph-secret", "s3cr3t/with=signs".to_owned())];
    House::open(NOW, &files, |_: &Address| world(issuer, more, "")).await
}

/// The claims of somebody in too many groups, as Entra has them; where the token would send us, nobody is to be asked.
fn overage() -> Value {
    json!({
        "oid": OID,
        "_claim_names": { "groups": "src1" },
        "_claim_sources": { "src1": { "endpoint": "http://127.0.0.1:9/steal" } },
    })
}

async fn assume(house: &House, issuer: &Issuer, members: &Value) -> Answer {
    let mut claims = claims(&issuer.url);
    claims.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let token = RSA.sign(&claims);
    let asked = [("RoleArn", DEV), ("RoleSessionName", "worker"), ("WebIdentityToken", &*token)];
    house.sts("AssumeRoleWithWebIdentity", &asked).await
}

async fn start() -> (Issuer, Graph) {
    let (issuer, graph) = (Issuer::start(&[&RSA]).await, Graph::start().await);
    issuer.answers.lock().unwrap().token =
        json!({ "token_type": "Bearer", "access_token": APP_TOKEN, "expires_in": 3599 });
    (issuer, graph)
}

#[tokio::test]
async fn groups_that_do_not_fit_are_asked_for_at_the_directory() {
    let (issuer, graph) = start().await;
    let house = open(&issuer, &followed(&graph)).await;
    let many: Vec<Value> = (0..300).map(|n| group(&format!("g-{n}"))).collect();
    graph.answers(vec![list(json!(many), Some(graph.next(1))), list(json!([group(OPS)]), None)]);

    let answer = assume(&house, &issuer, &overage()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let first = format!("/v1.0/users/{OID}/transitiveMemberOf?$select=id,securityEnabled&$top=999");
    let second = format!("/v1.0/users/{OID}/transitiveMemberOf?page=1");
    let bearer = format!("Bearer {APP_TOKEN}");
    assert_eq!(graph.asked(), [(first, bearer.clone()), (second, bearer)]);
    let [(basic, form)] = issuer.token_requests().try_into().unwrap();
    assert_eq!(basic.unwrap(), "Basic ZGlyZWN0b3J5LXJlYWRlcjpzM2NyM3QlMkZ3aXRoJTNEc2lnbnM=", "RFC 6749 §2.3.1");
    let origin = graph.url.strip_suffix("/v1.0").unwrap();
    let form: Vec<(String, String)> = url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    let expected = [("grant_type", "client_credentials"), ("scope", &*format!("{origin}/.default"))];
    assert_eq!(form, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let steps = house.trace(&answer.request_id).await;
    let told = steps.iter().find(|step| step.check == "oidc.groups-overage").and_then(|step| step.received.as_deref());
    assert_eq!(told, Some("301 groups, asked for at the directory"));

    // Within a minute nobody is asked again about the same person; about another with the same access token.
    assert_eq!(assume(&house, &issuer, &overage()).await.status, 200);
    assert_eq!((graph.asked().len(), issuer.token_requests().len()), (2, 1));
    let mut other = overage();
    other["oid"] = json!("another");
    graph.answers(vec![list(json!([group("g-1")]), None)]);
    let answer = assume(&house, &issuer, &other).await;
    assert_eq!(house.code(&answer).await, "trust.no-role-given", "and they are in other groups");
    assert_eq!((graph.asked().len(), issuer.token_requests().len()), (3, 1));
    // A minute later it is another answer: what has been taken away is gone.
    house.clock.advance(time::Duration::seconds(61));
    let answer = assume(&house, &issuer, &overage()).await;
    assert_eq!(house.code(&answer).await, "trust.no-role-given");
    assert_eq!(graph.asked().len(), 4);
}

#[tokio::test]
async fn a_token_that_has_its_groups_asks_nobody() {
    let (issuer, graph) = start().await;
    let house = open(&issuer, &followed(&graph)).await;
    assert_eq!(assume(&house, &issuer, &json!({ "oid": OID, "groups": [OPS] })).await.status, 200);
    let mut named = overage();
    named["groups"] = json!([OPS]);
    assert_eq!(assume(&house, &issuer, &named).await.status, 200);
    let answer = assume(&house, &issuer, &json!({ "oid": OID })).await;
    assert_eq!(house.code(&answer).await, "trust.no-role-given");
    assert!(graph.asked().is_empty() && issuer.token_requests().is_empty());
}

/// What people make and join as they like gives nothing.
#[tokio::test]
async fn only_security_groups_count() {
    let (issuer, graph) = start().await;
    let house = open(&issuer, &followed(&graph)).await;
    let entries = json!([
        { "@odata.type": "#microsoft.graph.group", "id": OPS, "securityEnabled": false },
        { "@odata.type": "#microsoft.graph.group", "id": OPS },
        { "@odata.type": "#microsoft.graph.directoryRole", "id": OPS, "securityEnabled": true },
        { "id": OPS, "securityEnabled": true },
        OPS,
    ]);
    graph.answers(vec![list(entries, None)]);
    let answer = assume(&house, &issuer, &overage()).await;
    assert_eq!(house.code(&answer).await, "trust.no-role-given");
    assert_eq!(graph.asked().len(), 1);
}

/// Each row: what the directory does, how the caller is refused, and what the trace says.
#[tokio::test]
async fn without_the_groups_nobody_gets_in() {
    const DOWN: (u16, &str) = (400, "IDPCommunicationError");
    const WRONG: (u16, &str) = (400, "InvalidIdentityToken");
    let (issuer, graph) = start().await;
    let good = || list(json!([group(OPS)]), None);
    let endless = list(json!([group(OPS)]), Some(graph.next(0)));
    let many: Vec<Value> = (0..999).map(|n| group(&format!("{n}"))).collect();
    let elsewhere = |next: &str| vec![list(json!([group(OPS)]), Some(next.to_owned()))];
    let rows: Vec<(Vec<Option<(u16, Value)>>, (u16, &str), &str)> = vec![
        (vec![Some((503, json!({})))], DOWN, "server error, 503"),
        (vec![Some((429, json!({ "error": { "code": "TooManyRequests" } })))], DOWN, "429: TooManyRequests"),
        (vec![None], DOWN, "within 5 seconds"),
        (
            vec![Some((403, json!({ "error": { "code": "Authorization_RequestDenied" } })))],
            WRONG,
            "403: Authorization_RequestDenied",
        ),
        (vec![Some((404, json!({ "error": { "message": "<b>" } })))], WRONG, "404: without an error code"),
        (vec![Some((302, json!({})))], WRONG, "redirect"),
        (vec![Some((200, json!({ "values": [] })))], WRONG, "no usable value"),
        (vec![Some((200, json!([OPS])))], WRONG, "no usable JSON object"),
        (vec![endless], WRONG, "more than 20 pages"),
        (vec![list(json!(many), Some(graph.next(0)))], WRONG, "more than 10000 groups"),
        (vec![good(), good()], WRONG, ""),
        (elsewhere("http://127.0.0.1:9/v1.0/users"), WRONG, "another place"),
        (elsewhere(&graph.url.replace("/v1.0", "/v1.01/users")), WRONG, "another place"),
        (elsewhere(&graph.url.replace("http://", "http://x@")), WRONG, "another place"),
    ];
    for (pages, refusal, why) in rows {
        // A house for each: a failure is remembered for some seconds.
        let house = open(&issuer, &followed(&graph)).await;
        graph.answers(pages);
        let answer = assume(&house, &issuer, &overage()).await;
        if why.is_empty() {
            assert_eq!(answer.status, 200, "the good one: {}", answer.body);
            continue;
        }
        assert_eq!(answer.refusal(), refusal, "{why}: {}", answer.body);
        assert_eq!(house.code(&answer).await, "oidc.groups-overage", "{why}");
        let steps = house.trace(&answer.request_id).await;
        let sentence = steps.last().and_then(|step| step.sentence.clone()).unwrap_or_default();
        assert!(sentence.contains(why), "{why}: {sentence}");
        assert_eq!(sessions(&house).await, 0, "{why}");
    }
    // What the directory said once holds for some seconds, so that an outage is not made worse.
    let house = open(&issuer, &followed(&graph)).await;
    graph.answers(vec![Some((503, json!({})))]);
    let before = graph.asked().len();
    for _ in 0..5 {
        assert_eq!(assume(&house, &issuer, &overage()).await.refusal(), DOWN);
    }
    assert_eq!(graph.asked().len(), before + 1);
    graph.answers(vec![good()]);
    house.clock.advance(time::Duration::seconds(6));
    assert_eq!(assume(&house, &issuer, &overage()).await.status, 200, "it is up again");
}

#[tokio::test]
async fn only_an_object_id_and_our_own_access_token_lead_to_groups() {
    let (issuer, graph) = start().await;
    graph.answers(vec![list(json!([group(OPS)]), None)]);
    for oid in
        [json!("../../applications"), json!("a?$filter=x"), json!(""), json!("a".repeat(65)), json!(7), Value::Null]
    {
        let house = open(&issuer, &followed(&graph)).await;
        let mut members = overage();
        members["oid"] = oid.clone();
        let answer = assume(&house, &issuer, &members).await;
        assert_eq!(answer.refusal(), (400, "InvalidIdentityToken"), "{oid}");
        assert_eq!(house.code(&answer).await, "oidc.groups-overage", "{oid}");
    }
    for (status, token) in [
        (401, json!({ "error": "invalid_client", "error_description": "AADSTS7000215: secret s3cr3t" })),
        (200, json!({ "token_type": "Bearer" })),
        (200, json!({ "access_token": "two\nlines" })),
    ] {
        let house = open(&issuer, &followed(&graph)).await;
        {
            let mut answers = issuer.answers.lock().unwrap();
            (answers.token_status, answers.token) = (status, token.clone());
        }
        let answer = assume(&house, &issuer, &overage()).await;
        assert_eq!(answer.refusal(), (400, "InvalidIdentityToken"), "{token}");
        assert_eq!(house.code(&answer).await, "oidc.groups-overage", "{token}");
        let steps = serde_json::to_string(&house.trace(&answer.request_id).await).unwrap();
        assert!(!steps.contains("s3cr3t"), "{steps}");
    }
    assert!(graph.asked().is_empty(), "{:?}", graph.asked());
}

/// Nothing is silently less, nor more: what is left out must not be taken for empty.
#[tokio::test]
async fn without_the_setting_a_claim_that_was_left_out_is_no_empty_claim() {
    let (issuer, graph) = start().await;
    let hasgroups = json!({ "oid": OID, "hasgroups": true });
    for rule in [
        RULE.to_owned(),
        RULE.replace("\"groups\" in claims && ", ""),
        format!("[[provider.rule]]\nwhen = 'claims[\"groups\"].exists(g, true)'\nroles = [\"{DEV}\"]"),
        format!("[[provider.rule]]\nwhen = '!(\"groups\" in claims)'\nroles = [\"{DEV}\"]"),
        format!("[[provider.rule]]\nwhen = 'true'\nroles = [\"{DEV}\"]\ntags = {{ team = 'claims.groups[0]' }}"),
        "mfa = '\"groups\" in claims && size(claims.groups) > 0'".to_owned(),
    ] {
        let house = open(&issuer, &rule).await;
        for members in [overage(), hasgroups.clone()] {
            let answer = assume(&house, &issuer, &members).await;
            assert_eq!(answer.refusal(), (403, "AccessDenied"), "{rule} {members}");
            assert_eq!(house.code(&answer).await, "trust.claim-left-out", "{rule} {members}");
        }
    }
    let name = issuer.url.split_once("//").unwrap().1;
    for operator in ["ForAnyValue:StringEquals", "ForAllValues:StringNotEquals"] {
        let condition = format!(r#","Condition":{{"{operator}":{{"{name}:groups":"{OPS}"}}}}"#);
        let house = House::open(NOW, &[], |_: &Address| world(&issuer, "", &condition)).await;
        let answer = assume(&house, &issuer, &overage()).await;
        assert_eq!(house.code(&answer).await, "trust.claim-left-out", "{operator}");
        let answer = assume(&house, &issuer, &json!({ "groups": ["g-1"] })).await;
        assert_eq!(answer.status == 200, operator.starts_with("ForAll"), "{operator}");
    }
    // Whoever does not ask for groups does not miss them.
    let house = open(&issuer, "").await;
    assert_eq!(assume(&house, &issuer, &overage()).await.status, 200);
    assert!(graph.asked().is_empty() && issuer.token_requests().is_empty());
}

/// What no condition sees is not absent: an Allow may not pass over it, and no Deny either.
#[tokio::test]
async fn a_claim_that_conditions_cannot_see_is_no_empty_claim() {
    let issuer = Issuer::start(&[&RSA]).await;
    let name = issuer.url.split_once("//").unwrap().1;
    let only = format!(
        r#","Condition":{{"ForAllValues:StringEquals":{{"{name}:groups":"readers"}},"Null":{{"{name}:groups":"false"}}}}"#
    );
    let denied = format!(
        r#"}},{{"Effect":"Deny","Principal":{{"Federated":"arn:aws:iam::111122223333:oidc-provider/{name}"}},"Action":"sts:*","Condition":{{"ForAnyValue:StringEquals":{{"{name}:Groups":"contractors"}}}}"#
    );
    let unlike = format!(r#","Condition":{{"StringNotEquals":{{"{name}:groups":"contractors"}}}}"#);
    let variable = format!(r#","Condition":{{"StringNotEquals":{{"sts:RoleSessionName":"${{{name}:groups}}"}}}}"#);
    for (condition, good, hidden) in [
        (
            &only,
            json!(["readers"]),
            json!([["readers", { "name": "admins" }], ["readers", ["admins"]], ["readers", null]]),
        ),
        (&denied, json!(["staff"]), json!([[["contractors"]], { "0": "contractors" }])),
        (&unlike, json!("staff"), json!([{ "name": "contractors" }])),
        (&variable, json!("staff"), json!([{ "name": "worker" }])),
    ] {
        let house = House::open(NOW, &[], |_: &Address| world(&issuer, "", condition)).await;
        // With a name in capitals all claims are taken up, and still only what is read counts.
        for more in [json!({}), json!({ "realmAccess": { "roles": [null] } })] {
            let with = |groups: &Value| {
                let mut members = more.clone();
                members["groups"] = groups.clone();
                members
            };
            let answer = assume(&house, &issuer, &with(&good)).await;
            assert_eq!(answer.status, 200, "{condition}: {}", answer.body);
            for groups in hidden.as_array().unwrap() {
                let answer = assume(&house, &issuer, &with(groups)).await;
                assert_eq!(answer.refusal(), (403, "AccessDenied"), "{condition} {groups}");
                assert_eq!(house.code(&answer).await, "trust.claim-not-plain", "{condition} {groups}");
                let steps = house.trace(&answer.request_id).await;
                let named = "the claim groups is or holds something that is neither a text nor";
                let told = |sentence: &str| sentence.starts_with(named);
                assert!(steps.iter().any(|step| step.sentence.as_deref().is_some_and(told)), "{steps:?}");
            }
        }
    }
    let absent = House::open(NOW, &[], |_: &Address| world(&issuer, "", &unlike)).await;
    assert_eq!(assume(&absent, &issuer, &json!({ "groups": null })).await.status, 200, "null alone is nothing");
    let unread = House::open(NOW, &[], |_: &Address| world(&issuer, "", "")).await;
    assert_eq!(assume(&unread, &issuer, &json!({ "groups": [{ "a": [] }] })).await.status, 200, "nobody reads it");
}
