//! Has the payment provider close a page where nobody is to pay any more.

use shop::ids::PaymentSessionId;

use crate::{
    payments,
    runner::{Context, JobError},
    services::Services,
};

/// Closes it, and sees what became of it.
pub async fn run(id: PaymentSessionId, at: &Services, context: &Context) -> Result<(), JobError> {
    payments::close(id, at, context).await
}
