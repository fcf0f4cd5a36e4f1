//! What an expression is once it has been read: names resolved, functions known, patterns compiled.

use super::pattern::Pattern;
use super::program::{At, Words};

pub(super) enum Node {
    Constant(Constant),
    Variable(Variable),
    /// What the loop at this depth is at, counted from the outermost.
    Item(u16),
    /// A field of the claims.
    Claim(Words),
    Field {
        of: At,
        name: Words,
    },
    Has {
        of: At,
        name: Words,
    },
    List(Box<[At]>),
    Map(Box<[(At, At)]>),
    And([At; 2]),
    Or([At; 2]),
    If([At; 3]),
    Not(At),
    Negate(At),
    Binary(Operator, [At; 2]),
    /// A function of one value.
    Call(Function, At),
    /// A function of a text and a part of it.
    CallOnText(Function, [At; 2]),
    /// Whatever the pattern matches begins with `begins`.
    Matches {
        text: At,
        begins: Words,
        pattern: Pattern,
    },
    Loop {
        over: At,
        body: Body,
    },
}

pub(super) enum Constant {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Double(f64),
    Text(Words),
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

/// CEL's macros, each with the question that it asks of every item.
pub(super) enum Body {
    Exists(At),
    All(At),
    ExistsOne(At),
    /// `map` and `filter`.
    Collect {
        condition: Option<At>,
        each: At,
    },
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
