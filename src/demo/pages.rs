//! What a person sees. Every value is escaped by the template engine; nothing needs JavaScript.

use super::{PEOPLE, Person};
use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }} · Development identity provider</title>
<link rel="stylesheet" href="/gatehouse-demo/style.css">
</head>
<body>
<p class="banner" role="note"><strong>Development only.</strong> No passwords here: anybody who reaches this page is whoever they choose.</p>
<main>
<h1>{{ title }}</h1>
{{ body|safe }}
</main>
</body>
</html>
"#
)]
struct Frame<'a> {
    title: &'a str,
    /// Markup that another template of this file made.
    body: String,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<p>Signing in to <strong>{{ to }}</strong></p>
<form method="post" action="{{ action }}">
{% for (name, value) in fields %}<input type="hidden" name="{{ name }}" value="{{ value }}">
{% endfor %}<ul class="people">
{% for person in people %}<li><button name="person" value="{{ person.uid }}"><span class="name">{{ person.name }}</span>
<span class="detail">{{ person.mail }} · {% if person.groups.is_empty() %}no group{% else %}{{ person.groups.join(", ") }}{% endif %}</span></button></li>
{% endfor %}</ul>
</form>"#
)]
struct Chooser<'a> {
    to: &'a str,
    action: &'a str,
    fields: &'a [(&'a str, &'a str)],
    people: &'static [Person],
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<p>You are {{ name }}. Press Continue if nothing happens.</p>
<form method="post" action="{{ action }}" data-continue>
{% for (name, value) in fields %}<input type="hidden" name="{{ name }}" value="{{ value }}">
{% endfor %}<button>Continue</button>
</form>
<script src="/gatehouse-demo/continue.js"></script>"#
)]
struct Onward<'a> {
    name: &'a str,
    action: &'a str,
    fields: &'a [(&'a str, &'a str)],
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<p>Sign-in starts at the gateway. For the AWS CLI, these are a person's papers as text:</p>
<ul class="papers">
{% for person in people %}<li><strong>{{ person.name }}</strong>:
<a href="/gatehouse-demo/saml/response?person={{ person.uid }}">SAML response</a>,
<a href="/gatehouse-demo/token?person={{ person.uid }}">ID token</a></li>
{% endfor %}</ul>"#
)]
struct Papers {
    people: &'static [Person],
}

/// Asks who the person wants to be; `fields` come back with the choice.
pub(super) fn choose(to: &str, action: &str, fields: &[(&str, &str)]) -> Response {
    page(StatusCode::OK, "Who are you?", &Chooser { to, action, fields, people: PEOPLE })
}

/// Carries `fields` on to `action` by a form that sends itself where scripts run.
pub(super) fn onward(person: &Person, action: &str, fields: &[(&str, &str)]) -> Response {
    page(StatusCode::OK, "Signing in", &Onward { name: person.name, action, fields })
}

/// Why the request is not answered, in a sentence.
pub(super) fn refuse(status: StatusCode, sentence: &str) -> Response {
    page(status, "This request cannot be answered", &Sentence { sentence })
}

#[derive(Template)]
#[template(ext = "html", source = "<p>{{ sentence }}</p>")]
struct Sentence<'a> {
    sentence: &'a str,
}

pub(super) async fn home() -> Response {
    page(StatusCode::OK, "People", &Papers { people: PEOPLE })
}

pub(super) async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("style.css"))
}

pub(super) async fn script() -> impl IntoResponse {
    const SUBMIT: &str = "document.querySelector('form[data-continue]').submit();\n";
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SUBMIT)
}

fn page(status: StatusCode, title: &str, body: &impl Template) -> Response {
    let body = body.render().expect("templates of plain values render");
    let page = Frame { title, body }.render().expect("templates of plain values render");
    (status, Html(page)).into_response()
}
