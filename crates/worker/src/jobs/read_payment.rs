//! Asks the payment provider what became of a session.

use shop::ids::PaymentSessionId;

use crate::{
    payments,
    runner::{Context, JobError},
    services::Services,
};

/// Asks, and has the order follow the answer.
pub async fn run(id: PaymentSessionId, at: &Services, context: &Context) -> Result<(), JobError> {
    payments::read(id, None, at, context).await
}
