//! A second evaluator, naive and slow, written from the IAM User Guide alone: it reads the question as JSON and shares no
//! line with the engine. What both say alike is more likely what the guide means.

use serde_json::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Decision, and the statements that made it.
pub(crate) type Answer = (&'static str, Vec<String>);

/// The condition keys of a request in lower case, each with its values and whether it is a list.
type Known = BTreeMap<String, (Vec<String>, bool)>;

pub(crate) fn answer(question: &Value) -> Answer {
    let known = known(&question["context"]);
    let action = question["action"].as_str().expect("an action");
    if let Some(document) = question.get("trust_policy") {
        let principal = &question["principal"];
        let layers = vec![vec![("trust_policy".to_owned(), document)]];
        return decide(
            &layers,
            |statement, _| {
                names(&statement["Principal"], principal)
                    && covers(statement, "Action", |text, _| action_is(text, action), false)
            },
            &known,
        );
    }
    let resource = question["resource"].as_str().expect("a resource");
    let list = |name: &str| {
        let documents = question[name].as_array().into_iter().flatten().enumerate();
        documents.map(|(index, document)| (format!("{name}[{index}]"), document)).collect::<Vec<_>>()
    };
    let mut layers = vec![list("identity_policies")];
    if question["boundary"].is_object() {
        layers.push(vec![("boundary".to_owned(), &question["boundary"])]);
    }
    if !list("session_policies").is_empty() {
        layers.push(list("session_policies"));
    }
    let applies = |statement: &Value, variables: bool| {
        covers(statement, "Action", |text, _| action_is(text, action), variables)
            && covers(statement, "Resource", |text, variables| arn_is(text, resource, variables, &known), variables)
    };
    decide(&layers, applies, &known)
}

/// Any Deny, else an Allow in every layer.
fn decide(layers: &[Vec<(String, &Value)>], applies: impl Fn(&Value, bool) -> bool, known: &Known) -> Answer {
    let (mut allows, mut denies, mut every_layer) = (Vec::new(), Vec::new(), true);
    for layer in layers {
        let before = allows.len();
        for (name, document) in layer {
            let variables = document["Version"] == "2012-10-17";
            for (index, statement) in many(&document["Statement"]).enumerate() {
                let conditions = statement["Condition"].as_object().into_iter().flatten();
                let mut lines = conditions.flat_map(|(operator, keys)| {
                    keys.as_object().expect("keys").iter().map(move |(key, values)| (operator, key, values))
                });
                let holds = lines.all(|(operator, key, values)| condition(operator, key, values, variables, known));
                if applies(statement, variables) && holds {
                    let sid = statement["Sid"].as_str().map_or(format!("{name}#{index}"), str::to_owned);
                    if statement["Effect"] == "Deny" { denies.push(sid) } else { allows.push(sid) }
                }
            }
        }
        every_layer &= allows.len() > before;
    }
    match (denies.is_empty(), every_layer) {
        (false, _) => ("explicit-deny", denies),
        (true, true) => ("allow", allows),
        (true, false) => ("implicit-deny", Vec::new()),
    }
}

fn many(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice).iter()
}

fn known(context: &Value) -> Known {
    let pairs = context.as_object().into_iter().flatten();
    let read = |(key, value): (&String, &Value)| {
        let values: Vec<String> = many(value).map(text).collect();
        (key.to_lowercase(), (values, value.is_array()))
    };
    pairs.map(read).filter(|(_, (values, _))| !values.is_empty()).collect()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The element, or its form with Not.
fn covers(statement: &Value, element: &str, is: impl Fn(&str, bool) -> bool, variables: bool) -> bool {
    let any = |value: &Value| many(value).any(|entry| is(entry.as_str().expect("a text"), variables));
    match statement.get(element) {
        Some(value) => any(value),
        None => !any(&statement[format!("Not{element}")]),
    }
}

fn action_is(pattern: &str, action: &str) -> bool {
    like(&wild(&pattern.to_lowercase()), &action.to_lowercase())
}

fn names(element: &Value, asks: &Value) -> bool {
    let (kind, who) = asks.as_object().and_then(|asks| asks.iter().next()).expect("one principal");
    let who = who.as_str().expect("a text");
    let everybody = element == "*" || many(&element["AWS"]).any(|entry| entry == "*");
    if everybody && kind != "Federated" {
        return true;
    }
    let entries = element.get(kind).into_iter().flat_map(many).filter_map(Value::as_str);
    let parts: Vec<&str> = who.split(':').collect();
    entries.into_iter().any(|entry| match kind.as_str() {
        "AWS" => {
            let role_of_session = || {
                let [_, role, _] = parts.get(5)?.split('/').collect::<Vec<_>>().try_into().ok()?;
                let named: Vec<&str> = entry.split(':').collect();
                let path: Vec<&str> = named.get(5)?.split('/').collect();
                Some(
                    parts[2] == "sts"
                        && path[0] == "role"
                        && path.last() == Some(&role)
                        && named[1] == parts[1]
                        && named[4] == parts[4],
                )
            };
            entry == who
                || entry == parts[4]
                || entry == format!("arn:{}:iam::{}:root", parts[1], parts[4])
                || role_of_session() == Some(true)
        }
        "Federated" => {
            entry == who || (entry == "accounts.google.com" && who.ends_with(":oidc-provider/accounts.google.com"))
        }
        _ => entry == who,
    })
}

fn condition(operator: &str, key: &str, values: &Value, variables: bool, known: &Known) -> bool {
    let has = known.get(&key.to_lowercase());
    let wanted: Vec<String> = many(values).map(text).collect();
    let (set, rest) = operator.split_once(':').map_or(("", operator), |(set, rest)| (set, rest));
    let (plain, if_exists) = rest.strip_suffix("IfExists").map_or((rest, false), |plain| (plain, true));
    if plain == "Null" {
        return wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case("true") == has.is_none());
    }
    let negated = plain.contains("Not");
    let positive = plain.replace("Not", "");
    let Some((received, is_list)) = has else {
        return if_exists || set == "ForAllValues" || (set.is_empty() && negated);
    };
    let fits = |received: &String| {
        wanted.iter().any(|wanted| matches(&positive, wanted, received, variables, known)) != negated
    };
    match (is_list, set) {
        (true, "") => false,
        (_, "ForAnyValue") => received.iter().any(fits),
        _ => received.iter().all(fits),
    }
}

fn matches(operator: &str, wanted: &str, received: &str, variables: bool, known: &Known) -> bool {
    let order = |a: Option<i128>, b: Option<i128>| a.zip(b).map(|(a, b)| a.cmp(&b));
    let compare = |suffix: &str, ordering: Option<std::cmp::Ordering>| {
        ordering.is_some_and(|ordering| match suffix {
            "Equals" => ordering.is_eq(),
            "LessThan" => ordering.is_lt(),
            "LessThanEquals" => ordering.is_le(),
            "GreaterThan" => ordering.is_gt(),
            "GreaterThanEquals" => ordering.is_ge(),
            other => panic!("{other}"),
        })
    };
    let literal = |text: &str| wild_or_not(text, variables, known, false);
    match operator {
        "StringEquals" => literal(wanted).is_some_and(|wanted| like(&wanted, received)),
        "StringEqualsIgnoreCase" => {
            literal(wanted).is_some_and(|wanted| like(&lower(wanted), &received.to_lowercase()))
        }
        "StringLike" => wild_or_not(wanted, variables, known, true).is_some_and(|wanted| like(&wanted, received)),
        "ArnEquals" | "ArnLike" => is_arn(received) && arn_is(wanted, received, variables, known),
        "Bool" => ["true", "false"].iter().any(|b| wanted.eq_ignore_ascii_case(b) && received.eq_ignore_ascii_case(b)),
        "BinaryEquals" => wanted == received,
        "IpAddress" => within(wanted, received) == Some(true),
        _ => match (operator.strip_prefix("Numeric"), operator.strip_prefix("Date")) {
            (Some(suffix), _) => compare(suffix, order(millionths(received), millionths(wanted))),
            (_, Some(suffix)) => compare(suffix, order(moment(received), moment(wanted))),
            _ => panic!("{operator}"),
        },
    }
}

/// Text, taken apart: a letter, any letter, any run of letters.
#[derive(Clone, Copy, PartialEq)]
enum Sign {
    Letter(char),
    One,
    Run,
}

fn wild(text: &str) -> Vec<Sign> {
    let sign = |letter| match letter {
        '*' => Sign::Run,
        '?' => Sign::One,
        letter => Sign::Letter(letter),
    };
    text.chars().map(sign).collect()
}

/// With its variables replaced; `None` if one has no value.
fn wild_or_not(text: &str, variables: bool, known: &Known, wildcards: bool) -> Option<Vec<Sign>> {
    let plain = |text: &str| text.chars().map(Sign::Letter).collect::<Vec<_>>();
    let written = |text: &str| if wildcards { wild(text) } else { plain(text) };
    let Some((before, after)) = text.split_once("${").filter(|_| variables) else { return Some(written(text)) };
    let (inside, after) = after.split_once('}').expect("an end");
    let value = match inside {
        "*" | "?" | "$" => inside.to_owned(),
        _ => {
            let (key, default) =
                inside.split_once(", '").map_or((inside, None), |(key, rest)| (key, rest.strip_suffix('\'')));
            match known.get(&key.to_lowercase()) {
                Some((_, true)) => return None,
                Some((values, false)) => values[0].clone(),
                None => default?.to_owned(),
            }
        }
    };
    Some([written(before), plain(&value), wild_or_not(after, variables, known, wildcards)?].concat())
}

fn lower(signs: Vec<Sign>) -> Vec<Sign> {
    let letters = signs.into_iter().flat_map(|sign| match sign {
        Sign::Letter(letter) => letter.to_lowercase().map(Sign::Letter).collect(),
        sign => vec![sign],
    });
    letters.collect()
}

/// `fits[n]`: the signs so far fit the first `n` letters.
fn like(signs: &[Sign], text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let mut fits: Vec<bool> = (0..=letters.len()).map(|n| n == 0).collect();
    for sign in signs {
        fits = (0..=letters.len())
            .map(|n| match sign {
                Sign::Run => fits[..=n].contains(&true),
                Sign::One => n > 0 && fits[n - 1],
                Sign::Letter(letter) => n > 0 && fits[n - 1] && letters[n - 1] == *letter,
            })
            .collect();
    }
    fits[letters.len()]
}

fn is_arn(text: &str) -> bool {
    text.starts_with("arn:") && text.matches(':').count() >= 5
}

/// Part by part; the last has all that follows.
fn arn_is(pattern: &str, arn: &str, variables: bool, known: &Known) -> bool {
    if pattern == "*" {
        return true;
    }
    let (patterns, parts): (Vec<&str>, Vec<&str>) = (in_parts(pattern), arn.splitn(6, ':').collect());
    let fits = |(pattern, part): (&&str, &&str)| {
        wild_or_not(pattern, variables, known, true).is_some_and(|signs| like(&signs, part))
    };
    parts.len() == 6 && patterns.iter().zip(&parts).all(fits)
}

/// A colon within a variable parts nothing.
fn in_parts(pattern: &str) -> Vec<&str> {
    let (mut parts, mut begin, mut depth) = (Vec::new(), 0, 0);
    for (at, letter) in pattern.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ':' if depth == 0 && parts.len() < 5 => {
                parts.push(&pattern[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&pattern[begin..]);
    parts
}

fn millionths(text: &str) -> Option<i128> {
    if let Some((digits, power)) = text.split_once(['e', 'E']) {
        let (digits, power) = (millionths(digits)?, power.parse::<i32>().ok()?);
        let ten = 10_i128.pow(power.unsigned_abs());
        return Some(if power < 0 { digits / ten } else { digits * ten });
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole.strip_prefix('-').unwrap_or(whole)) || !digits(fraction) || fraction.len() > 6 {
        return None;
    }
    format!("{whole}{fraction:0<6}").parse().ok()
}

/// Millionths of a second since 1970.
fn moment(text: &str) -> Option<i128> {
    let parse = |text: &str| {
        let at = time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()?;
        Some(at.unix_timestamp_nanos() / 1_000)
    };
    millionths(text).or_else(|| parse(text)).or_else(|| parse(&format!("{text}T00:00:00Z")))
}

fn within(network: &str, address: &str) -> Option<bool> {
    let (base, bits) =
        network.split_once('/').map_or((network, None), |(base, bits)| (base, bits.parse::<usize>().ok()));
    let digits = |text: &str| {
        let (bytes, all): (u128, usize) = match text.parse::<IpAddr>().ok()?.to_canonical() {
            IpAddr::V4(v4) => (u32::from(v4).into(), 32),
            IpAddr::V6(v6) => (v6.into(), 128),
        };
        Some(format!("{bytes:0all$b}"))
    };
    let (base, address) = (digits(base)?, digits(address)?);
    let bits = bits.unwrap_or(base.len());
    Some(base.len() == address.len() && base[..bits] == address[..bits])
}
