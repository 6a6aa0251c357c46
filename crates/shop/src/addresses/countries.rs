//! Countries, and what a postal address needs in each. Where the data comes from: NOTICE.md.

use std::sync::LazyLock;

use regex::RegexBuilder;
use serde::Deserialize;

use super::Field;

/// A country or territory of ISO 3166-1.
#[derive(Debug, Clone, Deserialize)]
pub struct Country {
    /// Its two letters.
    pub code: String,
    /// Its name in English.
    pub name: String,
    /// Of street, city, region and postcode: what an address there must have.
    required: Vec<Field>,
    /// Of the same: what it can have.
    used: Vec<Field>,
    /// Town, region and postcode in the order and the lines in which they are written there, with what stands between them.
    place: String,
    /// What a whole postcode looks like, in capitals, as a regular expression.
    postcode_pattern: Option<String>,
    /// A postcode of there.
    pub postcode_example: Option<String>,
    region_label: Option<RegionLabel>,
    city_label: Option<CityLabel>,
    postcode_label: Option<PostcodeLabel>,
    /// All regions, if they are known; else the region is whatever somebody writes.
    pub regions: Vec<Region>,
}

/// A part of a country.
#[derive(Debug, Clone, Deserialize)]
pub struct Region {
    /// Short, and what is stored.
    pub code: String,
    /// As people there write it in Latin letters.
    pub name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RegionLabel {
    Area,
    County,
    Department,
    District,
    DoSi,
    Emirate,
    Island,
    Oblast,
    Parish,
    Prefecture,
    Province,
    State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CityLabel {
    City,
    District,
    PostTown,
    Suburb,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PostcodeLabel {
    Eircode,
    Pin,
    Postal,
    Zip,
}

static ALL: LazyLock<Vec<Country>> =
    LazyLock::new(|| serde_json::from_str(include_str!("countries.json")).expect("a test reads it"));

impl Country {
    /// All of them, sorted by name.
    pub fn all() -> &'static [Self] {
        &ALL
    }

    /// The one with these two letters.
    pub fn find(code: &str) -> Option<&'static Self> {
        ALL.iter().find(|country| country.code == code)
    }

    /// Whether an address there can have this.
    pub fn uses(&self, field: Field) -> bool {
        match field {
            Field::Country | Field::Name | Field::Company | Field::Line2 | Field::Phone => true,
            Field::Line1 | Field::City | Field::Region | Field::Postcode => self.used.contains(&field),
        }
    }

    /// Whether an address there must have this.
    pub fn requires(&self, field: Field) -> bool {
        match field {
            Field::Country | Field::Name => true,
            Field::Company | Field::Line2 | Field::Phone => false,
            Field::Line1 | Field::City | Field::Region | Field::Postcode => self.required.contains(&field),
        }
    }

    /// What its people call this field in an address.
    pub fn label(&self, field: Field) -> &'static str {
        match field {
            Field::Country => "Country",
            Field::Name => "Name",
            Field::Company => "Company",
            Field::Line1 => "Street and house number",
            Field::Line2 => "Flat, floor or building",
            Field::City => match self.city_label {
                Some(CityLabel::City) | None => "Town or city",
                Some(CityLabel::District) => "District",
                Some(CityLabel::PostTown) => "Post town",
                Some(CityLabel::Suburb) => "Suburb",
            },
            Field::Region => match self.region_label {
                Some(RegionLabel::Area) => "Area",
                Some(RegionLabel::County) => "County",
                Some(RegionLabel::Department) => "Department",
                Some(RegionLabel::District) => "District",
                Some(RegionLabel::DoSi) => "Province or city (do, si)",
                Some(RegionLabel::Emirate) => "Emirate",
                Some(RegionLabel::Island) => "Island",
                Some(RegionLabel::Oblast) => "Oblast",
                Some(RegionLabel::Parish) => "Parish",
                Some(RegionLabel::Prefecture) => "Prefecture",
                Some(RegionLabel::Province) => "Province",
                Some(RegionLabel::State) => "State",
                None => "Region",
            },
            Field::Postcode => match self.postcode_label {
                Some(PostcodeLabel::Eircode) => "Eircode",
                Some(PostcodeLabel::Pin) => "PIN code",
                Some(PostcodeLabel::Zip) => "ZIP code",
                Some(PostcodeLabel::Postal) | None => "Postcode",
            },
            Field::Phone => "Telephone",
        }
    }

    /// Town, region and postcode as they are written there, a line each. What is empty is left out.
    pub(super) fn place(&self, city: &str, region: &str, postcode: &str) -> Vec<String> {
        let line = |form: &str| {
            let mut line = String::new();
            for (index, part) in form.split_inclusive('}').enumerate() {
                let Some((between, name)) = part.trim_end_matches('}').split_once('{') else { continue };
                let text = match name {
                    "city" => city,
                    "region" => region,
                    _ => postcode,
                };
                if !text.is_empty() {
                    if index == 0 || !line.is_empty() {
                        line.push_str(between);
                    }
                    line.push_str(text);
                }
            }
            line
        };
        self.place.lines().map(line).filter(|line| !line.is_empty()).collect()
    }

    /// A postcode as it is written there. People put the country's letters before it, or leave them out where they belong.
    pub(super) fn postcode(&self, typed: &str) -> Option<String> {
        let typed = typed.to_uppercase();
        let Some(pattern) = &self.postcode_pattern else { return Some(typed) };
        // ASCII alone: `\d` would be a digit of any script.
        let pattern = RegexBuilder::new(&format!("^(?:{pattern})$")).unicode(false).build().ok()?;
        let bare = typed.split_once(['-', ' ']).filter(|(letters, _)| {
            letters.len() <= 2 && letters.bytes().all(|letter| letter.is_ascii_uppercase())
        });
        let spellings = [
            Some(typed.clone()),
            bare.map(|(_, bare)| bare.to_owned()),
            Some(format!("{}-{typed}", self.code)),
        ];
        spellings.into_iter().flatten().find(|spelling| pattern.is_match(spelling))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_country_is_there_and_every_example_is_a_postcode() {
        let codes: BTreeSet<_> = Country::all().iter().map(|country| &country.code).collect();
        assert_eq!(codes.len(), 249);
        for country in Country::all() {
            assert!(country.required.iter().all(|field| country.used.contains(field)), "{}", country.name);
            assert!(country.required.contains(&Field::Line1), "{}", country.name);
            assert_eq!(country.postcode_label.is_some(), country.used.contains(&Field::Postcode));
            if let Some(example) = &country.postcode_example {
                assert_eq!(country.postcode(example).as_ref(), Some(example), "{}", country.name);
                assert_eq!(country.postcode("NO! POSTCODE!"), None, "{}", country.name);
            }
        }
    }

    #[test]
    fn town_region_and_postcode_are_written_as_the_post_of_each_country_wants_them() {
        for (country, city, region, postcode, lines) in [
            ("DE", "Berlin", "", "10115", vec!["10115 Berlin"]),
            ("US", "Cupertino", "California", "95014", vec!["Cupertino, California 95014"]),
            ("GB", "London", "", "SW1A 1AA", vec!["London", "SW1A 1AA"]),
            ("AE", "", "Dubai", "", vec!["Dubai"]),
            ("SG", "", "", "238801", vec!["Singapore 238801"]),
            ("AF", "Kabul", "", "", vec!["Kabul"]),
            ("AQ", "", "", "", vec![]),
        ] {
            let found = Country::find(country).expect("a country").place(city, region, postcode);
            assert_eq!(found, lines, "{country}");
        }
        for country in Country::all() {
            for (field, name) in
                [(Field::City, "{city}"), (Field::Region, "{region}"), (Field::Postcode, "{postcode}")]
            {
                assert_eq!(
                    country.place.matches(name).count(),
                    usize::from(country.uses(field)),
                    "{}",
                    country.name
                );
            }
        }
    }

    #[test]
    fn postcodes_are_taken_as_people_write_them() {
        for (country, typed, kept) in [
            ("DE", "10115", Some("10115")),
            ("DE", "D-10115", Some("10115")),
            ("DE", "1011", None),
            ("DE", "١٠١١٥", None),
            ("GB", "sw1a 1aa", Some("SW1A 1AA")),
            ("CH", "CH-8001", Some("8001")),
            ("LU", "L-1009", Some("1009")),
            ("LV", "1010", Some("LV-1010")),
            ("US", "95014-1234", Some("95014-1234")),
            ("US", "95014\n", None),
            ("IE", "D02 AF30", Some("D02 AF30")),
        ] {
            let found = Country::find(country).expect("a country").postcode(typed);
            assert_eq!(found.as_deref(), kept, "{country} {typed}");
        }
    }
}
