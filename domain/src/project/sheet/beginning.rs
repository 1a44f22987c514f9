//! What a sheet begins with: what the guide's answers and the project already say.

use crate::catalogue::{Field, Form};
use crate::date::Date;
use crate::project::Project;
use crate::sheet::{Entry, Values, check};

/// The change a section begins with.
const FIRST: u64 = 1;

/// The values a project's sheet begins with: what the guide's answers and the project already say.
pub fn beginning(project: &Project, owner_name: &str, form: &Form) -> Values {
    let mut values = Values::new();
    for field in &form.fields {
        let known = match field.id.as_str() {
            "project_name" => Some(project.name.clone()),
            "applicant_name" => Some(owner_name.to_string()),
            _ => None,
        };
        let known = known.and_then(|known| check(field, &known).ok()).or_else(|| answered(project, field));
        if let Some(value) = known {
            values.insert(field.id.clone(), value);
        }
    }
    values
}

/// What the guide's answers say of a field.
fn answered(project: &Project, field: &Field) -> Option<String> {
    let answer = project.answers.0.get(field.answer.as_ref()?)?.to_string();
    check(field, answer.trim_matches('"')).ok()
}

/// The day of the guide's answers, where a field's value is theirs still: what its section began with.
pub fn answered_on(project: &Project, field: &Field, entry: &Entry) -> Option<Date> {
    let same = entry.seq == FIRST && answered(project, field).is_some_and(|value| value == entry.value);
    same.then(|| project.started_at.date())
}
