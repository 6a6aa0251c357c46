//! POST /admin/accounts/{id}/role

use poem::{Response, handler, http::StatusCode};
use shop::{
    accounts::{
        Role,
        roles::{self, RoleError},
    },
    ids::AccountId,
};
use strum::VariantArray;

use super::show::{self, Typed};
use crate::{
    admission::{Id, Staff},
    error::Problem,
    flash::Flash,
    forms::{CheckedForm, FieldError},
};

/// Gives another role.
#[handler]
pub async fn create(visit: Staff, Id(id): Id<AccountId>, form: CheckedForm) -> Result<Response, Problem> {
    let wanted = form.text("role");
    let role = Role::VARIANTS.iter().copied().find(|role| <&str>::from(*role) == wanted);
    let Some(role) = role else { return Err(Problem::Unreadable) };
    let refusal = match roles::change(&visit.site.db, &visit.cause, &visit.actor, id, role).await? {
        Ok(()) => return Ok(visit.see_other_with(&show::path(id), Flash::RoleChanged)),
        Err(RoleError::Stale(_)) => {
            return Ok(visit.see_other_with(&show::path(id), Flash::NothingToDo));
        }
        Err(RoleError::Oneself) => "You cannot change your own role. Another owner can.",
        Err(RoleError::LastOwner) => {
            "This is the last owner, and somebody must be left who gives roles. Please make another owner first."
        }
        Err(RoleError::Leaving) => {
            "The owner of this account asked for it to be erased. They can call that off, and then work for the shop."
        }
        Err(RoleError::Unverified) => {
            "The address of this account was never verified, so we do not know whose it is. They can verify it by the link in their mail."
        }
    };
    let errors = vec![FieldError::new("role", refusal)];
    show::page(&visit, id, StatusCode::UNPROCESSABLE_ENTITY, Typed::default(), errors).await
}
