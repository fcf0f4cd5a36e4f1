//! CEL's functions and arithmetic, as far as they are of use to a rule.

use super::evaluate::{Fault, Work, failed};
use super::node::{Function, Operator};
use super::value::{List, Text, Value};

pub(super) fn call<'a>(function: Function, value: &Value<'a>, work: &mut Work) -> Result<Value<'a>, Fault> {
    match function {
        Function::Dyn => Ok(value.clone()),
        Function::Type => Ok(Value::Type(value.kind())),
        Function::Size => size(value, work),
        _ => converted(function, value, work),
    }
}

pub(super) fn call_on_text<'a>(
    function: Function,
    text: &Value<'a>,
    part: &Value<'a>,
    work: &mut Work,
) -> Result<Value<'a>, Fault> {
    let (Value::Text(text), Value::Text(part)) = (text, part) else {
        return failed(format!("{} is not for {} and {}", function.name(), text.kind(), part.kind()));
    };
    let holds = match function {
        Function::Contains => {
            work.read(text.len() + part.len())?;
            text.contains(&**part)
        }
        Function::StartsWith => {
            work.read(part.len())?;
            text.starts_with(&**part)
        }
        _ => {
            work.read(part.len())?;
            text.ends_with(&**part)
        }
    };
    Ok(Value::Bool(holds))
}

fn size<'a>(value: &Value<'a>, work: &mut Work) -> Result<Value<'a>, Fault> {
    let size = match value {
        Value::Text(text) => {
            work.read(text.len())?;
            text.chars().count()
        }
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        other => return failed(format!("{} has no size", other.kind())),
    };
    Ok(Value::Int(size as i64))
}

fn converted<'a>(function: Function, value: &Value<'a>, work: &mut Work) -> Result<Value<'a>, Fault> {
    let made = match (function, value) {
        (Function::Bool, Value::Bool(_))
        | (Function::Int, Value::Int(_))
        | (Function::UInt, Value::UInt(_))
        | (Function::Double, Value::Double(_))
        | (Function::String, Value::Text(_)) => Some(value.clone()),
        (Function::Bool, Value::Text(text)) => match &**text {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        (Function::String, Value::Bool(value)) => Some(Value::made(value.to_string())),
        (Function::String, Value::Int(value)) => Some(Value::made(value.to_string())),
        (Function::String, Value::UInt(value)) => Some(Value::made(value.to_string())),
        (Function::String, Value::Double(value)) => Some(Value::made(value.to_string())),
        (Function::Int, Value::UInt(value)) => i64::try_from(*value).ok().map(Value::Int),
        (Function::Int, Value::Double(value)) => {
            let fits = *value > -9_223_372_036_854_775_808.0 && *value < 9_223_372_036_854_775_808.0;
            fits.then_some(Value::Int(*value as i64))
        }
        (Function::UInt, Value::Int(value)) => u64::try_from(*value).ok().map(Value::UInt),
        (Function::UInt, Value::Double(value)) => {
            (*value >= 0.0 && *value < 18_446_744_073_709_551_616.0).then_some(Value::UInt(*value as u64))
        }
        (Function::Int | Function::UInt | Function::Double, Value::Text(text)) => {
            work.read(text.len())?;
            number(function, text)
        }
        (Function::Double, number) => number.double().map(Value::Double),
        _ => None,
    };
    match made {
        Some(made) => Ok(made),
        None => failed(format!("{} cannot make anything of this {}", function.name(), value.kind())),
    }
}

fn number<'a>(function: Function, text: &str) -> Option<Value<'a>> {
    match function {
        Function::Int => text.parse().ok().map(Value::Int),
        Function::UInt => text.parse().ok().map(Value::UInt),
        _ => text.parse().ok().map(Value::Double),
    }
}

pub(super) fn negated(value: Value<'_>) -> Result<Value<'_>, Fault> {
    let negated = match &value {
        Value::Int(value) => value.checked_neg().map(Value::Int),
        Value::Double(value) => Some(Value::Double(-value)),
        _ => None,
    };
    match negated {
        Some(negated) => Ok(negated),
        None => failed(format!("there is no negative of this {}", value.kind())),
    }
}

/// `+`, `-`, `*`, `/` and `%` of two alike.
pub(super) fn computed<'a>(
    operator: Operator,
    left: Value<'a>,
    right: Value<'a>,
    work: &mut Work,
) -> Result<Value<'a>, Fault> {
    let made = match (&left, &right) {
        (Value::Int(a), Value::Int(b)) => match operator {
            Operator::Add => a.checked_add(*b),
            Operator::Subtract => a.checked_sub(*b),
            Operator::Multiply => a.checked_mul(*b),
            Operator::Divide => a.checked_div(*b),
            _ => a.checked_rem(*b),
        }
        .map(Value::Int),
        (Value::UInt(a), Value::UInt(b)) => match operator {
            Operator::Add => a.checked_add(*b),
            Operator::Subtract => a.checked_sub(*b),
            Operator::Multiply => a.checked_mul(*b),
            Operator::Divide => a.checked_div(*b),
            _ => a.checked_rem(*b),
        }
        .map(Value::UInt),
        (Value::Double(a), Value::Double(b)) => match operator {
            Operator::Add => Some(a + b),
            Operator::Subtract => Some(a - b),
            Operator::Multiply => Some(a * b),
            Operator::Divide => Some(a / b),
            _ => return no_such(operator, &left, &right),
        }
        .map(Value::Double),
        (Value::Text(a), Value::Text(b)) if operator == Operator::Add => Some(joined(a, b, work)?),
        (Value::List(a), Value::List(b)) if operator == Operator::Add => {
            work.spend((a.len() + b.len()) as u64)?;
            Some(Value::List(List::Made(a.iter().chain(b.iter()).collect())))
        }
        _ => return no_such(operator, &left, &right),
    };
    match made {
        Some(made) => Ok(made),
        None => failed(format!("{} comes to no number here", operator.sign())),
    }
}

fn joined<'a>(a: &Text<'a>, b: &Text<'a>, work: &mut Work) -> Result<Value<'a>, Fault> {
    work.read(a.len() + b.len())?;
    let mut whole = String::with_capacity(a.len() + b.len());
    whole.push_str(a);
    whole.push_str(b);
    Ok(Value::made(whole))
}

pub(super) fn no_such<T>(operator: Operator, left: &Value<'_>, right: &Value<'_>) -> Result<T, Fault> {
    failed(format!("{} is not for {} and {}", operator.sign(), left.kind(), right.kind()))
}
