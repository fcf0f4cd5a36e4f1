//! Changing a document blindly, by a seed.

/// xorshift64*: small, and the same on every machine.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound.max(1)
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// One change or more; `donor` is another document, whose parts may come in.
pub(super) fn mutated(xml: &str, donor: &str, dice: &mut Dice) -> String {
    let mut text = xml.to_owned();
    for _ in 0..=dice.below(3) {
        text = once(&text, donor, dice);
    }
    text
}

fn once(xml: &str, donor: &str, dice: &mut Dice) -> String {
    let elements = elements(xml);
    if elements.is_empty() {
        return inserted(xml, donor, dice);
    }
    match dice.below(12) {
        0 | 1 => bytes(xml, dice),
        2 => {
            let (from, to) = dice.of(&elements);
            inserted(xml, &xml[from..to], dice)
        }
        3 => {
            let (from, to) = dice.of(&elements);
            let without = format!("{}{}", &xml[..from], &xml[to..]);
            inserted(&without, &xml[from..to], dice)
        }
        4 => {
            let (from, to) = dice.of(&elements);
            format!("{}{}", &xml[..from], &xml[to..])
        }
        5 => wrapped(xml, dice.of(&elements), dice),
        6 => attribute(xml, dice),
        7 => namespace(xml, dice),
        8 => in_text(xml, dice),
        9 => swapped(xml, donor, dice),
        10 => inserted(xml, dice.of(FRAGMENTS), dice),
        _ => white_space(xml, dice),
    }
}

/// The elements as they stand in the text: (beginning, end). Good enough for documents that were well-formed once.
fn elements(xml: &str) -> Vec<(usize, usize)> {
    let (mut found, mut open) = (Vec::new(), Vec::new());
    for (at, _) in xml.match_indices('<') {
        let Some(end) = xml[at..].find('>').map(|length| at + length + 1) else { break };
        match (&xml[at..end], xml.as_bytes()[at + 1]) {
            (_, b'!' | b'?') => {}
            (_, b'/') => found.extend(open.pop().map(|from| (from, end))),
            (tag, _) if tag.ends_with("/>") => found.push((at, end)),
            _ => open.push(at),
        }
    }
    found
}

fn bytes(xml: &str, dice: &mut Dice) -> String {
    let mut bytes = xml.as_bytes().to_vec();
    let at = dice.below(bytes.len());
    match dice.below(4) {
        0 => bytes[at] ^= 1 << dice.below(7),
        1 => drop(bytes.drain(at..(at + 1 + dice.below(40)).min(xml.len()))),
        2 => bytes.insert(at, dice.of(b"<>&\"'= \n\0:#/xA0")),
        _ => bytes[at] = dice.of(b"<>&\"'= \n\0:#/xA0"),
    }
    String::from_utf8(bytes).unwrap_or_else(|_| xml.to_owned())
}

/// At the beginning or the end of some tag.
fn inserted(xml: &str, part: &str, dice: &mut Dice) -> String {
    let mut places: Vec<usize> = xml.match_indices('<').map(|(at, _)| at).collect();
    places.extend(xml.match_indices('>').map(|(at, _)| at + 1));
    if places.is_empty() {
        return part.to_owned();
    }
    let at = dice.of(&places);
    format!("{}{part}{}", &xml[..at], &xml[at..])
}

fn wrapped(xml: &str, (from, to): (usize, usize), dice: &mut Dice) -> String {
    let tag = dice.of(&[
        "samlp:Extensions",
        "samlp:StatusDetail",
        "samlp:Response",
        "saml:Advice",
        "saml:Assertion",
        "saml:AttributeValue",
        "ds:Object",
        "ds:Signature",
        "x",
    ]);
    format!("{}<{tag}>{}</{tag}>{}", &xml[..from], &xml[from..to], &xml[to..])
}

/// The attributes as they stand in the text: (beginning of the name, beginning of the value, its end).
fn attributes(xml: &str) -> Vec<(usize, usize, usize)> {
    let mut found = Vec::new();
    for (equals, _) in xml.match_indices("=\"") {
        let name = xml[..equals].rfind([' ', '<', '\n']).map_or(0, |at| at + 1);
        if let Some(length) = xml[equals + 2..].find('"') {
            found.push((name, equals + 2, equals + 2 + length));
        }
    }
    found
}

fn attribute(xml: &str, dice: &mut Dice) -> String {
    let all = attributes(xml);
    if all.is_empty() {
        return xml.to_owned();
    }
    let ((name, from, to), (_, other, other_end)) = (dice.of(&all), dice.of(&all));
    match dice.below(4) {
        0 => format!("{}{}", &xml[..name], &xml[(to + 1).min(xml.len())..]),
        1 => format!("{}{}{}", &xml[..from], &xml[other..other_end], &xml[to..]),
        2 => format!("{}{}\" {}", &xml[..name], &xml[name..to], &xml[name..]),
        _ => {
            let new = dice.of(&["ID", "Id", "id", "xml:id", "saml:ID", "Recipient", "Format", "Name", "x:y"]);
            format!("{}{new}=\"{}\" {}", &xml[..name], &xml[other..other_end], &xml[name..])
        }
    }
}

const NAMESPACES: &[&str] = &[
    "urn:oasis:names:tc:SAML:2.0:assertion",
    "urn:oasis:names:tc:SAML:2.0:protocol",
    "http://www.w3.org/2000/09/xmldsig#",
    "http://www.w3.org/2001/10/xml-exc-c14n#",
    "urn:x",
    "x",
    "",
];

fn namespace(xml: &str, dice: &mut Dice) -> String {
    let prefix = dice.of(&["saml", "samlp", "ds", "x"]);
    match dice.below(3) {
        0 => {
            let new = dice.of(&["saml", "samlp", "ds", "y"]);
            let renamed = xml.replace(&format!("{prefix}:"), &format!("{new}:"));
            renamed.replace(&format!("xmlns:{prefix}="), &format!("xmlns:{new}="))
        }
        1 => {
            let declarations: Vec<_> =
                attributes(xml).into_iter().filter(|(n, ..)| xml[*n..].starts_with("xmlns")).collect();
            if declarations.is_empty() {
                return xml.to_owned();
            }
            let (_, from, to) = dice.of(&declarations);
            format!("{}{}{}", &xml[..from], dice.of(NAMESPACES), &xml[to..])
        }
        _ => {
            let (from, _) = dice.of(&elements(xml));
            let name = xml[from + 1..].find([' ', '>', '/']).map_or(xml.len(), |length| from + 1 + length);
            let declared = if dice.below(2) == 0 { format!("xmlns:{prefix}") } else { "xmlns".to_owned() };
            format!("{} {declared}=\"{}\"{}", &xml[..name], dice.of(NAMESPACES), &xml[name..])
        }
    }
}

/// Inside a text, a name or anywhere else.
fn in_text(xml: &str, dice: &mut Dice) -> String {
    let what = dice.of(&[
        "<!---->",
        "<!-- x -->",
        "<?x y?>",
        "<![CDATA[]]>",
        "<![CDATA[x]]>",
        "&amp;",
        "&x;",
        "&#65;",
        "\u{200b}",
        "<x/>",
    ]);
    let at = (0..=dice.below(xml.len())).rev().find(|at| xml.is_char_boundary(*at)).unwrap_or(0);
    format!("{}{what}{}", &xml[..at], &xml[at..])
}

const PARTS: &[&str] = &[
    "ds:Signature",
    "ds:SignedInfo",
    "ds:SignatureValue",
    "ds:DigestValue",
    "ds:Reference",
    "ds:KeyInfo",
    "saml:Assertion",
    "saml:Subject",
    "saml:Conditions",
    "saml:AttributeStatement",
    "saml:AuthnStatement",
    "saml:Issuer",
    "samlp:Status",
];

/// A part of the donor in the place of the same part, or of any other.
fn swapped(xml: &str, donor: &str, dice: &mut Dice) -> String {
    let place = dice.of(PARTS);
    let part = if dice.below(3) == 0 { dice.of(PARTS) } else { place };
    let find = |text: &str, tag: &str| {
        let all = elements(text);
        all.into_iter().find(|(from, _)| text[from + 1..].starts_with(tag))
    };
    match (find(xml, place), find(donor, part)) {
        (Some((from, to)), Some((first, last))) => format!("{}{}{}", &xml[..from], &donor[first..last], &xml[to..]),
        _ => xml.to_owned(),
    }
}

const FRAGMENTS: &[&str] = &[
    "<samlp:Extensions/>",
    "<saml:Advice/>",
    "<saml:AttributeValue>root</saml:AttributeValue>",
    "<saml:NameID>mallory@example.com</saml:NameID>",
    "<ds:DigestValue>AAAA</ds:DigestValue>",
    "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#base64\"/>",
    "<saml:Audience>https://other.example</saml:Audience>",
    "root",
    " ",
    "<!DOCTYPE x>",
];

/// What canonicalisation does not see: between attributes, and before the end of a tag.
fn white_space(xml: &str, dice: &mut Dice) -> String {
    let mut places: Vec<usize> = attributes(xml).into_iter().map(|(_, _, to)| to + 1).collect();
    places.retain(|at| *at <= xml.len());
    if places.is_empty() {
        return xml.to_owned();
    }
    let at = dice.of(&places);
    format!("{}{}{}", &xml[..at], dice.of(&[" ", "\n", "\t", "  \r\n "]), &xml[at..])
}
