//! Ids: UUIDs of version 7 (RFC 9562), so that the order of ids is the order of time; one type per noun, so that an
//! image's id is never taken for a generation's.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::{NoContext, Timestamp, Uuid};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id that sorts at this moment.
            pub fn new(at: DateTime<Utc>) -> Self {
                Self(v7(at))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// Of a person who can sign in.
    AccountId
);
id!(
    /// Of one request for pictures.
    GenerationId
);
id!(
    /// Of one call to a provider.
    CallId
);
id!(
    /// Of one picture.
    ImageId
);
id!(
    /// Of one picture that a customer brought along.
    SourceId
);
id!(
    /// Of one report about a picture in the gallery.
    ReportId
);
id!(
    /// Of one mail.
    MailId
);
id!(
    /// Of one browser that is signed in. No secret: the cookie holds another value.
    SessionId
);
id!(
    /// Of one file of everything that is known about an account.
    ExportId
);
id!(
    /// Of one place where parcels go.
    AddressId
);
id!(
    /// Of one request that was turned down.
    StrikeId
);
id!(
    /// Of one change of a customer's credits.
    CreditEntryId
);
id!(
    /// Of one thing that staff did.
    AuditEntryId
);
id!(
    /// Of one difference between two books.
    FindingId
);
id!(
    /// Of one kind of thing that pictures are put on.
    ProductId
);
id!(
    /// Of one thing that can be bought: a size in a finish.
    VariantId
);
id!(
    /// Of one list of prices.
    PriceListId
);
id!(
    /// Of one change of a price.
    PriceChangeId
);
id!(
    /// Of one coupon.
    CouponId
);
id!(
    /// Of one part of the world with its own shipping rates.
    ShippingZoneId
);
id!(
    /// Of one cart.
    CartId
);
id!(
    /// Of one line of a cart.
    CartLineId
);
id!(
    /// Of one order.
    OrderId
);
id!(
    /// Of one line of an order.
    OrderLineId
);
id!(
    /// Of one thing that happened to an order.
    OrderEventId
);
id!(
    /// Of one time that a customer is sent to pay.
    PaymentSessionId
);
id!(
    /// Of one movement of money.
    LedgerEntryId
);
id!(
    /// Of one thing that a payment provider told us.
    PaymentEventId
);
id!(
    /// Of one picture of what a thing will look like.
    MockupId
);

fn v7(at: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, at.timestamp_subsec_nanos()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time() {
        let early = ImageId::new(DateTime::UNIX_EPOCH + chrono::Duration::days(20_000));
        let late = ImageId::new(DateTime::UNIX_EPOCH + chrono::Duration::days(20_001));
        assert!(early < late);
        assert_eq!(early.0.get_version_num(), 7);
    }
}
