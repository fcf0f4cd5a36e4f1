//! The pattern of `matches`: RE2's language, as CEL says, and run in a time that is known when it is read.
//!
//! A pattern whose automaton is small becomes a table of it: a few nanoseconds a byte, whatever the text. One that
//! would need a large table, as `a.{1,30}b` anywhere in a text, is followed state by state instead, and every byte costs
//! by the number of states. Neither keeps anything between two texts, so no stranger's text makes another's dearer.

use super::evaluate::{Fault, Work};
use regex_automata::Input;
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::nfa::thompson::{Compiler, Config, WhichCaptures};
use regex_automata::util::syntax;
use std::error::Error;

pub(super) enum Pattern {
    Table(Box<dense::DFA<Vec<u32>>>),
    /// One that the processor does not keep near while others are walked.
    LargeTable(Box<dense::DFA<Vec<u32>>>),
    States(Box<PikeVM>),
}

/// A table's bytes: enough for 500 characters of any alphabet.
const LARGEST_TABLE: usize = 512 << 10;
/// A table of more bytes is a large one, of which each byte of a text may read another part from afar: some tens of
/// nanoseconds.
const LARGE_TABLE: usize = 32 << 10;
const BYTES_A_STEP_OF_LARGE: usize = 2;
/// Bytes of the states that stand for a pattern.
const MOST_STATES: usize = 128 << 10;
/// States that are followed over a byte in the time of a step: some eight nanoseconds each.
const STATES_A_STEP: usize = 8;

impl Pattern {
    pub(super) fn compile(text: &str) -> Result<Self, String> {
        let text = as_re2(text)?;
        let mut compiler = Compiler::new();
        compiler.syntax(syntax::Config::new().nest_limit(50));
        compiler.configure(Config::new().nfa_size_limit(Some(MOST_STATES)).which_captures(WhichCaptures::None));
        let states = compiler.build(&text).map_err(|error| {
            let why = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        })?;
        let table = dense::Config::new()
            .start_kind(StartKind::Unanchored)
            // Leaping ahead is dearer than walking where every leap is short.
            .accelerate(false)
            .dfa_size_limit(Some(LARGEST_TABLE))
            .determinize_size_limit(Some(LARGEST_TABLE));
        match dense::Builder::new().configure(table).build_from_nfa(&states) {
            Ok(table) if table.memory_usage() > LARGE_TABLE => Ok(Self::LargeTable(Box::new(table))),
            Ok(table) => Ok(Self::Table(Box::new(table))),
            Err(_) => PikeVM::new_from_nfa(states).map(|it| Self::States(Box::new(it))).map_err(|e| e.to_string()),
        }
    }

    /// `begins` is the pattern's [`beginning`]; most texts do not have it, which is seen without the automaton.
    pub(super) fn is_match(&self, text: &str, begins: &str, work: &mut Work) -> Result<bool, Fault> {
        match self {
            Self::Table(_) => work.read(text.len())?,
            Self::LargeTable(_) => work.spend((text.len() / BYTES_A_STEP_OF_LARGE) as u64)?,
            Self::States(states) => {
                let steps_a_byte = 1 + states.get_nfa().states().len() / STATES_A_STEP;
                work.spend(steps_a_byte.saturating_mul(text.len() + 1) as u64)?;
            }
        }
        if !text.starts_with(begins) {
            return Ok(false);
        }
        let input = Input::new(text).earliest(true);
        match self {
            Self::Table(table) | Self::LargeTable(table) => {
                let found = table.try_search_fwd(&input).map_err(|error| Fault::Failed(error.to_string()))?;
                Ok(found.is_some())
            }
            Self::States(states) => Ok(states.is_match(&mut states.create_cache(), input)),
        }
    }
}

/// What every text begins with that the pattern matches, as far as that is plain: the letters behind a `^`.
pub(super) fn beginning(pattern: &str) -> &str {
    let Some(rest) = pattern.strip_prefix('^').filter(|rest| !rest.contains('|')) else { return "" };
    let is_special = |char: char| !char.is_alphanumeric() && !"-_:/@ ".contains(char);
    let (plain, special) = rest.split_at(rest.find(is_special).unwrap_or(rest.len()));
    // What is repeated may be absent.
    let sure = if special.starts_with(['*', '?', '+', '{']) { plain.char_indices().next_back() } else { None };
    sure.map_or(plain, |(last, _)| &plain[..last])
}

/// The classes that RE2 has within brackets.
const CLASSES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];

/// Written so that it means here what RE2 reads in it: `\d`, `\s`, `\w` and `\b` are of ASCII there, and brackets hold
/// characters, not sets with operators (`&&`, `~~`). What the two would still read differently is refused.
fn as_re2(text: &str) -> Result<String, String> {
    let mut read = String::with_capacity(text.len());
    let (mut chars, mut in_brackets, mut before) = (text.chars().peekable(), false, None);
    while let Some(char) = chars.next() {
        let range = in_brackets && before == Some('-');
        before = Some(char);
        match char {
            '\\' => {
                before = None;
                let Some(escaped) = chars.next() else { return Err("it ends in a backslash".to_owned()) };
                match perl_class(escaped) {
                    Some(_) if range => return Err(format!("within brackets, - stands before \\{escaped}")),
                    Some(class) => read.push_str(class),
                    None if matches!(escaped, 'b' | 'B') && !in_brackets => {
                        read.push_str(&format!(r"(?-u:\{escaped})"));
                    }
                    // Themselves there, and the ends of a word here.
                    None if matches!(escaped, '<' | '>') => read.push(escaped),
                    None => read.extend([char, escaped]),
                }
            }
            '[' if !in_brackets => {
                in_brackets = true;
                read.push(char);
                read.extend(chars.next_if_eq(&'^'));
                // What comes first is itself.
                if let Some(first) = chars.next_if(|first| matches!(first, ']' | '-')) {
                    read.extend(['\\', first]);
                }
                before = None;
            }
            '[' if chars.next_if_eq(&':').is_some() => {
                let name: String = std::iter::from_fn(|| chars.next_if(|it| !matches!(it, ':' | ']'))).collect();
                let known = CLASSES.contains(&name.trim_start_matches('^'));
                if range || !known || chars.next() != Some(':') || chars.next() != Some(']') {
                    return Err(format!("[:{name} is no class of characters"));
                }
                read.push_str(&format!("[:{name}:]"));
                before = None;
            }
            '[' | '&' | '~' if in_brackets => read.extend(['\\', char]),
            '-' if range => return Err("within brackets, - stands twice".to_owned()),
            ']' => {
                in_brackets = false;
                read.push(char);
            }
            _ => read.push(char),
        }
    }
    Ok(read)
}

/// In brackets of their own, which may stand within others.
fn perl_class(escaped: char) -> Option<&'static str> {
    Some(match escaped {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        's' => r"[\t\n\f\r\x20]",
        'S' => r"[^\t\n\f\r\x20]",
        'w' => "[0-9A-Za-z_]",
        'W' => "[^0-9A-Za-z_]",
        _ => return None,
    })
}
