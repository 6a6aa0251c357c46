//! What an address must say, by the rules of its country.

use serde::{Deserialize, Serialize};

use super::{Country, Field};

/// An address as somebody typed it, or as it is kept. Checkouts and orders store it as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "they are named after `Field`")]
pub struct Texts {
    pub country: String,
    pub name: String,
    pub company: String,
    pub line1: String,
    pub line2: String,
    pub city: String,
    pub region: String,
    pub postcode: String,
    pub phone: String,
}

impl Texts {
    /// What stands in a field.
    pub fn of(&self, field: Field) -> &str {
        match field {
            Field::Country => &self.country,
            Field::Name => &self.name,
            Field::Company => &self.company,
            Field::Line1 => &self.line1,
            Field::Line2 => &self.line2,
            Field::City => &self.city,
            Field::Region => &self.region,
            Field::Postcode => &self.postcode,
            Field::Phone => &self.phone,
        }
    }

    /// As it is written on a parcel, a line each.
    pub fn lines(&self) -> Vec<String> {
        let country = Country::find(&self.country);
        let region = country
            .and_then(|country| country.regions.iter().find(|region| region.code == self.region))
            .map_or(self.region.as_str(), |region| region.name.as_str());
        let place = match country {
            Some(country) => country.place(&self.city, region, &self.postcode),
            None => vec![self.city.clone(), self.region.clone(), self.postcode.clone()],
        };
        let country = country.map_or(self.country.as_str(), |country| country.name.as_str());
        [&self.name, &self.company, &self.line1, &self.line2]
            .into_iter()
            .cloned()
            .chain(place)
            .chain([country.to_owned()])
            .filter(|line| !line.is_empty())
            .collect()
    }

    /// From what stands in each field.
    pub fn from_fields(mut text: impl FnMut(Field) -> String) -> Self {
        Self {
            country: text(Field::Country),
            name: text(Field::Name),
            company: text(Field::Company),
            line1: text(Field::Line1),
            line2: text(Field::Line2),
            city: text(Field::City),
            region: text(Field::Region),
            postcode: text(Field::Postcode),
            phone: text(Field::Phone),
        }
    }
}

/// An address that was checked: only [`check`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(Texts);

impl Place {
    /// What it says.
    pub fn texts(&self) -> &Texts {
        &self.0
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Which one.
    pub field: Field,
    /// Why.
    pub reason: Reason,
}

/// Why a field is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The post of the country needs it.
    Missing,
    /// It has more characters than this.
    TooLong(usize),
    /// It is none of the known ones.
    Unknown,
    /// It does not look like one; this one does.
    Malformed(&'static str),
    /// A character that cannot be printed.
    Control,
}

/// An address as it is kept: trimmed, without what its country does not use. Or everything that is wrong with it.
pub fn check(typed: &Texts) -> Result<Place, Vec<Wrong>> {
    let Some(country) = Country::find(typed.country.trim()) else {
        return Err(vec![Wrong { field: Field::Country, reason: Reason::Unknown }]);
    };
    let mut wrong = Vec::new();
    let texts = Texts::from_fields(|field| {
        checked(country, field, typed.of(field).trim()).unwrap_or_else(|reason| {
            wrong.push(Wrong { field, reason });
            String::new()
        })
    });
    if wrong.is_empty() { Ok(Place(texts)) } else { Err(wrong) }
}

fn checked(country: &'static Country, field: Field, typed: &str) -> Result<String, Reason> {
    if !country.uses(field) {
        return Ok(String::new());
    }
    if typed.is_empty() {
        return if country.requires(field) { Err(Reason::Missing) } else { Ok(String::new()) };
    }
    if typed.chars().any(char::is_control) {
        return Err(Reason::Control);
    }
    let longest = field.longest();
    if typed.chars().count() > longest {
        return Err(Reason::TooLong(longest));
    }
    match field {
        Field::Region if !country.regions.is_empty() => country
            .regions
            .iter()
            .find(|region| region.code == typed || region.name.to_lowercase() == typed.to_lowercase())
            .map(|region| region.code.clone())
            .ok_or(Reason::Unknown),
        Field::Postcode => country
            .postcode(typed)
            .ok_or(Reason::Malformed(country.postcode_example.as_deref().unwrap_or_default())),
        Field::Phone => {
            let digits = typed.chars().filter(char::is_ascii_digit).count();
            let clean = typed.chars().all(|c| c.is_ascii_digit() || " +-./()".contains(c));
            if clean && digits >= 5 {
                Ok(typed.to_owned())
            } else {
                Err(Reason::Malformed("+44 20 7946 0018"))
            }
        }
        Field::Country
        | Field::Name
        | Field::Company
        | Field::Line1
        | Field::Line2
        | Field::City
        | Field::Region => Ok(typed.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(country: &str) -> Texts {
        Texts {
            country: country.to_owned(),
            name: " Mira Okafor ".to_owned(),
            line1: "Gartenstraße 3".to_owned(),
            city: "Berlin".to_owned(),
            postcode: "10115".to_owned(),
            ..Texts::default()
        }
    }

    fn wrong(texts: &Texts) -> Vec<(Field, Reason)> {
        check(texts).expect_err("it is wrong").into_iter().map(|wrong| (wrong.field, wrong.reason)).collect()
    }

    #[test]
    fn each_country_asks_for_its_own() {
        let place = check(&texts("DE")).expect("all that Germany asks for");
        assert_eq!((place.texts().name.as_str(), place.texts().postcode.as_str()), ("Mira Okafor", "10115"));
        assert_eq!(wrong(&texts("US")), [(Field::Region, Reason::Missing)]);
        assert_eq!(wrong(&texts("GB")), [(Field::Postcode, Reason::Malformed("EC1Y 8SY"))]);
        assert_eq!(wrong(&texts("XX")), [(Field::Country, Reason::Unknown)]);
        let empty = Texts { country: "DE".to_owned(), ..Texts::default() };
        let missing = [Field::Name, Field::Line1, Field::City, Field::Postcode];
        assert_eq!(wrong(&empty), missing.map(|field| (field, Reason::Missing)));
    }

    #[test]
    fn what_a_country_does_not_use_is_left_out() {
        let texts = Texts { region: "Bavaria".to_owned(), ..texts("DE") };
        assert_eq!(check(&texts).expect("an address").texts().region, "");
    }

    #[test]
    fn regions_are_chosen_from_the_list_where_there_is_one() {
        for (region, kept) in [("CA", Some("CA")), ("california", Some("CA")), ("Bavaria", None)] {
            let texts = Texts { region: region.to_owned(), postcode: "95014".to_owned(), ..texts("US") };
            let found = check(&texts).ok().map(|place| place.texts().region.clone());
            assert_eq!(found.as_deref(), kept, "{region}");
        }
    }

    #[test]
    fn what_cannot_be_printed_or_is_too_long_is_refused() {
        let texts = Texts {
            name: "Mi\0ra".to_owned(),
            line2: "x".repeat(101),
            phone: "call me".to_owned(),
            ..texts("DE")
        };
        let phone = Reason::Malformed("+44 20 7946 0018");
        let expected =
            [(Field::Name, Reason::Control), (Field::Line2, Reason::TooLong(100)), (Field::Phone, phone)];
        assert_eq!(wrong(&texts), expected);
    }
}
