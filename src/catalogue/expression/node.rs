//! What an expression is once it has been read: names resolved, functions known, patterns compiled.

use super::pattern::Pattern;

pub(super) enum Node {
    Constant(Constant),
    Variable(Variable),
    /// What the loop at this depth is at, counted from the outermost.
    Item(usize),
    Field {
        of: Box<Node>,
        name: Box<str>,
    },
    Has {
        of: Box<Node>,
        name: Box<str>,
    },
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
    And(Box<[Node; 2]>),
    Or(Box<[Node; 2]>),
    If(Box<[Node; 3]>),
    Not(Box<Node>),
    Negate(Box<Node>),
    Binary(Operator, Box<[Node; 2]>),
    Call(Function, Vec<Node>),
    Matches {
        text: Box<Node>,
        pattern: Pattern,
    },
    Loop(Box<Loop>),
}

pub(super) enum Constant {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Double(f64),
    Text(Box<str>),
    Type(&'static str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Variable {
    Claims,
    Provider,
    Account,
    AuthnContext,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Equals,
    Differs,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Index,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Bool,
    Contains,
    Double,
    Dyn,
    EndsWith,
    Int,
    Size,
    StartsWith,
    String,
    Type,
    UInt,
}

pub(super) struct Loop {
    pub(super) over: Node,
    pub(super) body: Body,
}

/// CEL's macros, each with the question that it asks of every item.
pub(super) enum Body {
    Exists(Node),
    All(Node),
    ExistsOne(Node),
    /// `map` and `filter`.
    Collect {
        condition: Option<Node>,
        each: Node,
    },
}

/// A condition that holds only if a claim's value is this text, or a list with it. Where reading the claim does not fail,
/// and a list is one, not having it makes the condition false whatever else it asks (`&&` lets either side decide).
pub struct Need<'a> {
    pub claim: &'a str,
    pub text: &'a str,
    pub in_list: bool,
}

impl Node {
    /// Recognised where it is plain: `"x" in claims.c`, `claims.c.exists(i, i == "x")`, `claims.c == "x"`, and these
    /// beside others under `&&`.
    pub(super) fn need(&self) -> Option<Need<'_>> {
        match self {
            Self::And(pair) => pair.iter().find_map(Self::need),
            Self::Binary(Operator::In, pair) => {
                let [text, of] = &**pair;
                Some(Need { claim: of.as_claim()?, text: text.as_text()?, in_list: true })
            }
            Self::Binary(Operator::Equals, pair) => {
                let [left, right] = &**pair;
                let (of, text) = if left.as_text().is_some() { (right, left) } else { (left, right) };
                Some(Need { claim: of.as_claim()?, text: text.as_text()?, in_list: false })
            }
            Self::Loop(each) => {
                let Body::Exists(Self::Binary(Operator::Equals, pair)) = &each.body else { return None };
                let text = match &**pair {
                    [Self::Item(_), text] | [text, Self::Item(_)] => text.as_text()?,
                    _ => return None,
                };
                Some(Need { claim: each.over.as_claim()?, text, in_list: true })
            }
            _ => None,
        }
    }

    fn as_claim(&self) -> Option<&str> {
        match self {
            Self::Field { of, name } => matches!(**of, Self::Variable(Variable::Claims)).then_some(name),
            _ => None,
        }
    }

    fn as_text(&self) -> Option<&str> {
        match self {
            Self::Constant(Constant::Text(text)) => Some(text),
            _ => None,
        }
    }
}

impl Operator {
    pub(super) fn named(name: &str) -> Option<Self> {
        use cel::common::ast::operators as cel;
        Some(match name {
            cel::ADD => Self::Add,
            cel::SUBSTRACT => Self::Subtract,
            cel::MULTIPLY => Self::Multiply,
            cel::DIVIDE => Self::Divide,
            cel::MODULO => Self::Modulo,
            cel::EQUALS => Self::Equals,
            cel::NOT_EQUALS => Self::Differs,
            cel::LESS => Self::Less,
            cel::LESS_EQUALS => Self::LessOrEqual,
            cel::GREATER => Self::Greater,
            cel::GREATER_EQUALS => Self::GreaterOrEqual,
            cel::IN => Self::In,
            cel::INDEX => Self::Index,
            _ => return None,
        })
    }

    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::Equals => "==",
            Self::Differs => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::Index => "[]",
        }
    }
}

impl Function {
    pub(super) const ALL: [(&str, Self); 11] = [
        ("bool", Self::Bool),
        ("contains", Self::Contains),
        ("double", Self::Double),
        ("dyn", Self::Dyn),
        ("endsWith", Self::EndsWith),
        ("int", Self::Int),
        ("size", Self::Size),
        ("startsWith", Self::StartsWith),
        ("string", Self::String),
        ("type", Self::Type),
        ("uint", Self::UInt),
    ];

    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, function)| *function == self).map_or("", |(name, _)| name)
    }

    /// Whether it is called on a text, with one argument: `text.contains(part)`.
    pub(super) fn is_of_text(self) -> bool {
        matches!(self, Self::Contains | Self::EndsWith | Self::StartsWith)
    }
}
