//! Whether the values of a sheet keep the rules between fields.

use super::{Values, geometry, value};
use crate::catalogue::{FieldKind, Form, Relation, Side, Sign};

/// Whether the values keep it; `None` while one of them is missing or is none.
pub fn holds(relation: &Relation, form: &Form, values: &Values) -> Option<bool> {
    // Words are equal or not; everything else compares as numbers.
    if let (Side::Field(a), Sign::Equal, Side::Field(b)) = (&relation.left, relation.sign, &relation.right)
        && form.field(a.as_str()).is_some_and(|f| f.kind == FieldKind::Text)
    {
        return Some(values.get(a)?.trim() == values.get(b)?.trim());
    }
    let (left, right) = (worth(&relation.left, form, values)?, worth(&relation.right, form, values)?);
    if !left.is_finite() || !right.is_finite() {
        return None;
    }
    Some(match relation.sign {
        Sign::Less => left < right,
        Sign::AtMost => left <= right,
        Sign::More => left > right,
        Sign::AtLeast => left >= right,
        Sign::Equal => left == right,
        Sign::About(share) => (left - right).abs() <= share * left.abs().max(right.abs()),
    })
}

fn worth(side: &Side, form: &Form, values: &Values) -> Option<f64> {
    Some(match side {
        Side::Number(number) => *number,
        Side::Field(id) => {
            let field = form.field(id.as_str())?;
            value::as_number(field, &value::check(field, values.get(id)?).ok()?)?
        }
        Side::Area(id) => geometry::area(values.get(id)?)?,
        Side::Times(a, b) => worth(a, form, values)? * worth(b, form, values)?,
        Side::Over(a, b) => worth(a, form, values)? / worth(b, form, values)?,
        Side::Plus(a, b) => worth(a, form, values)? + worth(b, form, values)?,
        Side::Minus(a, b) => worth(a, form, values)? - worth(b, form, values)?,
    })
}
