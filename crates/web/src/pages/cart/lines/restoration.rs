//! POST /cart/lines/restoration

use poem::{Response, handler, http::StatusCode};
use shop::{
    carts::{self, NewLine, Removed},
    crops::{Crop, Orientation},
};

use super::{
    super::{PATH, kept, opened},
    Carried, chosen,
    new::New,
};
use crate::{
    admission::Guest,
    error::Problem,
    flash::{CartFlash, Flash},
    forms::CheckedForm,
    limits,
};

/// Brings back what was taken out of the cart: the form has all of it, and it is looked at as if it were chosen anew.
#[handler]
pub async fn create(visit: Guest, form: CheckedForm) -> Result<Response, Problem> {
    let id = form.text("line").parse().map_err(|_| Problem::Unreadable)?;
    let choice = chosen(&form)?;
    limits::take(&visit, &limits::CART, "").await??;
    let (owner, value) = opened(&visit).await?;
    let currency = visit.currency().await?;
    let removed = Removed { id, choice };
    match carts::restore(&visit.site.db, &visit.cause, &owner, currency, &removed).await? {
        Ok(_) => Ok(kept(&visit, visit.see_other_with(PATH, Flash::Cart(CartFlash::Restored)), value)),
        Err(error) => {
            let page = New::of(error, &choice, PATH.to_owned());
            visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// All of a line that was removed, as the form has it that brings it back.
pub fn carried(removed: &Removed) -> Vec<Carried> {
    let mut fields = super::carried(&removed.choice);
    fields.push(Carried { name: "line", value: removed.id.to_string() });
    fields
}

/// The same as a cookie has it: parts between dots.
pub fn written(removed: &Removed) -> String {
    let Removed { id, choice } = removed;
    let orientation: &str = choice.orientation.into();
    let Crop { left, top, width, height } = choice.crop;
    let accepts = u8::from(choice.accepts_low_dpi);
    let (variant, image, quantity) = (choice.variant_id, choice.image_id, choice.quantity);
    format!("{id}.{variant}.{image}.{orientation}.{left}.{top}.{width}.{height}.{quantity}.{accepts}")
}

/// What a cookie has of it.
pub fn read(text: &str) -> Option<Removed> {
    let parts: Vec<&str> = text.split('.').collect();
    let [id, variant, image, orientation, left, top, width, height, quantity, accepts] = parts[..] else {
        return None;
    };
    let number = |text: &str| text.parse::<i32>().ok();
    Some(Removed {
        id: id.parse().ok()?,
        choice: NewLine {
            variant_id: variant.parse().ok()?,
            image_id: image.parse().ok()?,
            orientation: orientation.parse::<Orientation>().ok()?,
            crop: Crop {
                left: number(left)?,
                top: number(top)?,
                width: number(width)?,
                height: number(height)?,
            },
            quantity: number(quantity)?,
            accepts_low_dpi: accepts == "1",
        },
    })
}

#[cfg(test)]
mod tests {
    use shop::{
        Cause,
        ids::{CartLineId, ImageId, VariantId},
    };

    use super::*;

    #[test]
    fn a_cookie_brings_back_what_was_removed() {
        let at = Cause::now(None).at;
        let choice = NewLine {
            variant_id: VariantId::new(at),
            image_id: ImageId::new(at),
            orientation: Orientation::Landscape,
            crop: Crop { left: 1, top: 22, width: 333, height: 4_444 },
            quantity: 99,
            accepts_low_dpi: true,
        };
        let removed = Removed { id: CartLineId::new(at), choice };
        assert_eq!(read(&written(&removed)), Some(removed));
        assert_eq!(read("1.2.3"), None);
    }
}
