//! An expression as it is kept: its nodes in a row, each behind those that it is made of, and their texts.
//!
//! What is walked together lies together. The rules of a provider may be ten thousand, and those that no index finds are
//! all read from memory at every sign-in.

use super::node::{Body, Constant, Node, Operator};

pub(super) struct Program {
    nodes: Box<[Node]>,
    texts: Box<str>,
}

/// A program that is being written.
#[derive(Default)]
pub(super) struct Draft {
    nodes: Vec<Node>,
    texts: String,
}

/// The place of a node in its program.
#[derive(Clone, Copy)]
pub(super) struct At(u16);

/// The place of a text in its program.
#[derive(Clone, Copy)]
pub(super) struct Words {
    from: u16,
    to: u16,
}

/// A condition that holds only if a claim's value is this text, or a list with it. Where reading the claim does not fail,
/// and a list is one, not having it makes the condition false whatever else it asks (`&&` lets either side decide).
pub struct Need<'a> {
    pub claim: &'a str,
    pub text: &'a str,
    pub in_list: bool,
}

impl Draft {
    pub(super) fn push(&mut self, node: Node) -> At {
        let at = place(self.nodes.len());
        self.nodes.push(node);
        At(at)
    }

    pub(super) fn keep(&mut self, text: &str) -> Words {
        let from = place(self.texts.len());
        self.texts.push_str(text);
        Words { from, to: place(self.texts.len()) }
    }

    /// The node that was pushed last is the whole expression.
    pub(super) fn finish(self) -> Program {
        Program { nodes: self.nodes.into(), texts: self.texts.into() }
    }
}

fn place(at: usize) -> u16 {
    u16::try_from(at).expect("a few thousand characters make no more nodes, and no longer texts")
}

impl Program {
    pub(super) fn root(&self) -> At {
        At(place(self.nodes.len() - 1))
    }

    pub(super) fn node(&self, at: At) -> &Node {
        &self.nodes[usize::from(at.0)]
    }

    pub(super) fn text(&self, words: Words) -> &str {
        &self.texts[usize::from(words.from)..usize::from(words.to)]
    }

    /// Of which one must be met, or the condition does not hold; none where that is not plain. Recognised are
    /// `"x" in claims.c`, `claims.c.exists(i, i == "x")`, `claims.c == "x"`, `claims.c in ["x", "y"]`, these between `||`,
    /// and all of that beside others under `&&`.
    pub(super) fn needs(&self, at: At) -> Vec<Need<'_>> {
        match self.node(at) {
            Node::And([left, right]) => {
                let needs = self.needs(*left);
                if needs.is_empty() { self.needs(*right) } else { needs }
            }
            Node::Or([left, right]) => {
                let (left, right) = (self.needs(*left), self.needs(*right));
                if left.is_empty() || right.is_empty() { Vec::new() } else { left.into_iter().chain(right).collect() }
            }
            Node::Binary(Operator::In, [value, of]) => match (self.node(*of), self.as_claim(*value)) {
                (Node::List(texts), Some(claim)) => {
                    let need = |text| Some(Need { claim, text: self.as_text(text)?, in_list: false });
                    texts.iter().map(|text| need(*text)).collect::<Option<_>>().unwrap_or_default()
                }
                _ => self.need(*of, *value, true),
            },
            Node::Binary(Operator::Equals, [left, right]) => {
                let needs = self.need(*left, *right, false);
                if needs.is_empty() { self.need(*right, *left, false) } else { needs }
            }
            Node::Loop { over, body: Body::Exists(question) } => match self.node(*question) {
                Node::Binary(Operator::Equals, [left, right]) => match (self.node(*left), self.node(*right)) {
                    (Node::Item(_), _) => self.need(*over, *right, true),
                    (_, Node::Item(_)) => self.need(*over, *left, true),
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn need(&self, claim: At, text: At, in_list: bool) -> Vec<Need<'_>> {
        let need = self.as_claim(claim).zip(self.as_text(text));
        need.map(|(claim, text)| Need { claim, text, in_list }).into_iter().collect()
    }

    fn as_claim(&self, at: At) -> Option<&str> {
        match self.node(at) {
            Node::Claim(name) => Some(self.text(*name)),
            _ => None,
        }
    }

    fn as_text(&self, at: At) -> Option<&str> {
        match self.node(at) {
            Node::Constant(Constant::Text(text)) => Some(self.text(*text)),
            _ => None,
        }
    }
}
