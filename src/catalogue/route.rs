//! Which action on which resource a request comes to: `GET /files/{key...}` → `s3:GetObject` on `arn:aws:s3:::files/{key}`.
//!
//! A segment of the pattern is a word, `{name}` for one segment, or, at the end, `{name...}` for one or more. A path that
//! ends with a slash is another one than the path without it, and no variable takes that slash in. Two routes never
//! cover one request ([`Route::meets`]), so that their order means nothing.
//!
//! Different paths of one route come to different resources, as far as their variables are in it: two variables have a
//! slash between them, and what may hold slashes is the last. Else `{bucket}-{key}` would let `a-b` and `c` pass for `a`
//! and `b-c`.

use crate::policy::{Arn, LONGEST_TEXT, is_one_action};
use crate::trace::clip;
use crate::words::PlainPath;
use std::fmt;

pub struct Route {
    method: String,
    path: String,
    parts: Vec<Part>,
    ends_with_slash: bool,
    action: String,
    /// What stands between and around the variables; each with the variable, by its number in the path, that follows it.
    resource: Vec<(String, Option<usize>)>,
}

enum Part {
    Word(String),
    /// One segment, by the name of the variable.
    One(String),
    /// All that is left, one segment at least.
    Rest(String),
}

/// What is wrong, and with which of a route's keys.
pub type NotARoute = (&'static str, String);

impl Route {
    pub fn new(method: &str, path: &str, action: &str, resource: &str) -> Result<Self, NotARoute> {
        if !((1..=16).contains(&method.len()) && method.bytes().all(|b| b.is_ascii_uppercase())) {
            return Err(("method", format!("\"{}\" is not a method in capitals, as in \"GET\"", clip(method))));
        }
        let (parts, ends_with_slash) = parts(path).map_err(|sentence| ("path", sentence))?;
        if !is_one_action(action) {
            return Err(("action", format!("\"{}\" is not one action, as in \"s3:GetObject\"", clip(action))));
        }
        let resource = template(resource, &parts).map_err(|sentence| ("resource", sentence))?;
        let (method, path, action) = (method.to_owned(), path.to_owned(), action.to_owned());
        Ok(Self { method, path, parts, ends_with_slash, action, resource })
    }

    pub fn action(&self) -> &str {
        &self.action
    }

    /// The resource that a request names, if the route covers it. One that no policy could name is covered by none.
    pub fn resource_of(&self, method: &str, path: &PlainPath) -> Option<String> {
        if self.method != method || self.ends_with_slash != path.ends_with_slash() {
            return None;
        }
        let values = self.values(path.segments())?;
        let mut resource = String::new();
        for (text, variable) in &self.resource {
            resource.push_str(text);
            resource.push_str(variable.and_then(|at| values.get(at)).map_or("", String::as_str));
        }
        (resource.len() <= LONGEST_TEXT).then_some(resource)
    }

    /// The variables' values, in the order of the path.
    fn values(&self, segments: &[String]) -> Option<Vec<String>> {
        let mut values = Vec::new();
        for (at, part) in self.parts.iter().enumerate() {
            let segment = segments.get(at)?;
            match part {
                Part::Word(word) if word == segment => {}
                Part::Word(_) => return None,
                Part::One(_) => values.push(segment.clone()),
                Part::Rest(_) => {
                    values.push(segments[at..].join("/"));
                    return Some(values);
                }
            }
        }
        (self.parts.len() == segments.len()).then_some(values)
    }

    /// Whether there is a request that both cover.
    pub fn meets(&self, other: &Self) -> bool {
        if self.method != other.method || self.ends_with_slash != other.ends_with_slash {
            return false;
        }
        for (one, another) in self.parts.iter().zip(&other.parts) {
            match (one, another) {
                (Part::Rest(_), _) | (_, Part::Rest(_)) => return true,
                (Part::Word(one), Part::Word(another)) if one != another => return false,
                _ => {}
            }
        }
        self.parts.len() == other.parts.len()
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl Part {
    fn variable(&self) -> Option<&str> {
        match self {
            Self::Word(_) => None,
            Self::One(name) | Self::Rest(name) => Some(name),
        }
    }
}

fn parts(path: &str) -> Result<(Vec<Part>, bool), String> {
    let below = path.strip_prefix('/').ok_or("must begin with a slash")?;
    let ends_with_slash = below.is_empty() || below.ends_with('/');
    let below = below.strip_suffix('/').unwrap_or(below);
    let mut parts: Vec<Part> = Vec::new();
    for text in below.split('/').filter(|_| path != "/") {
        if matches!(parts.last(), Some(Part::Rest(_))) {
            return Err("has something after what stands for all the rest".into());
        }
        let part = part(text)?;
        if part.variable().is_some_and(|name| parts.iter().any(|former| former.variable() == Some(name))) {
            return Err(format!("names {} twice", clip(text)));
        }
        parts.push(part);
    }
    match parts.last() {
        Some(Part::Rest(_)) if ends_with_slash => Err("ends with a slash, which no variable takes in".into()),
        _ => Ok((parts, ends_with_slash)),
    }
}

fn part(text: &str) -> Result<Part, String> {
    if let Some(name) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        let (name, rest) = name.strip_suffix("...").map_or((name, false), |name| (name, true));
        if !is_name(name) {
            return Err(format!("\"{}\" is neither {{name}} nor {{name...}}, in small letters", clip(text)));
        }
        return Ok(if rest { Part::Rest(name.to_owned()) } else { Part::One(name.to_owned()) });
    }
    let fits = |c: char| !c.is_control() && !"{}%\\;?#".contains(c);
    if text.is_empty() || matches!(text, "." | "..") || !text.chars().all(fits) {
        return Err(format!(
            "\"{}\" is in no plain path; a segment is a word as it is decoded, {{name}}, or {{name...}} at the end",
            clip(text)
        ));
    }
    Ok(Part::Word(text.to_owned()))
}

fn is_name(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    text.bytes().all(fits) && text.starts_with(|c: char| c.is_ascii_lowercase())
}

fn template(text: &str, parts: &[Part]) -> Result<Vec<(String, Option<usize>)>, String> {
    if text == "*" {
        return Ok(vec![(text.to_owned(), None)]);
    }
    let head_is_fixed = text.splitn(6, ':').take(5).all(|part| !part.contains('{'));
    if Arn::parse(text).is_none() || !head_is_fixed || text.contains(['*', '?']) {
        let wanted = "an ARN with variables after its fifth colon, without wildcards, or a lone \"*\"";
        return Err(format!("\"{}\" is not {wanted}", clip(text)));
    }
    let variables: Vec<&Part> = parts.iter().filter(|part| part.variable().is_some()).collect();
    let mut pieces: Vec<(String, Option<usize>)> = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or("has a brace that is not closed")?;
        let at = variables.iter().position(|part| part.variable() == Some(name));
        let at = at.ok_or_else(|| format!("names {{{}}}, which is not in the path", clip(name)))?;
        if let Some(former) = pieces.last().and_then(|(_, former)| *former)
            && (matches!(variables[former], Part::Rest(_)) || !before.contains('/'))
        {
            return Err(
                "has two variables that could not be told apart; put a slash between them, and {name...} last".into()
            );
        }
        pieces.push((before.to_owned(), Some(at)));
        rest = after;
    }
    if rest.contains('}') || pieces.iter().any(|(text, _)| text.contains('}')) {
        return Err("has a brace that was not opened".into());
    }
    pieces.push((rest.to_owned(), None));
    Ok(pieces)
}
