//! V8: what the rules are. Whether they hold is for the matrix to say.

use shop::accounts::{Duty, Role};
use strum::VariantArray;

use crate::document;

#[test]
fn v8_1_1_who_may_do_what_is_written_down() {
    let text = document::text();
    for duty in Duty::VARIANTS {
        let roles: Vec<&str> = Role::VARIANTS.iter().filter(|role| role.may(*duty)).map(Into::into).collect();
        let step_up = if duty.needs_step_up() { "yes" } else { "no" };
        let row = format!("| {duty:?} | {} | {step_up} |", roles.join(", "));
        assert!(text.contains(&row), "docs/security.md lacks the row {row}");
    }
}

#[test]
fn v8_1_1_customers_have_no_duty() {
    for duty in Duty::VARIANTS {
        assert!(!Role::Customer.may(*duty), "{duty:?}");
    }
}
