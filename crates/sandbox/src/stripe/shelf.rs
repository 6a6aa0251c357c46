//! Objects of one kind, in the order in which they came, with what of them is not on disk yet.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Something that survives a restart.
pub(super) trait Kept: Serialize + DeserializeOwned {
    /// Its name in the journal.
    const KIND: &'static str;

    fn id(&self) -> &str;
}

pub(super) struct Shelf<T> {
    things: Vec<T>,
    places: HashMap<String, usize>,
    changed: BTreeSet<usize>,
}

/// Which part of a list is asked for.
#[derive(Debug, Default)]
pub(super) struct Paging {
    pub limit: usize,
    pub starting_after: Option<String>,
    pub ending_before: Option<String>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Shelf<T> {
        Shelf { things: Vec::new(), places: HashMap::new(), changed: BTreeSet::new() }
    }
}

impl<T: Kept> Shelf<T> {
    /// Adds something, or puts it in the place of what has the same id.
    pub fn put(&mut self, thing: T) {
        let place = self.places.get(thing.id()).copied().unwrap_or(self.things.len());
        if place == self.things.len() {
            self.places.insert(thing.id().to_owned(), place);
            self.things.push(thing);
        } else {
            self.things[place] = thing;
        }
        self.changed.insert(place);
    }

    pub fn get(&self, id: &str) -> Option<&T> {
        self.places.get(id).and_then(|place| self.things.get(*place))
    }

    /// Something that is about to change; it is written down with the change that is under way.
    pub fn change(&mut self, id: &str) -> Option<&mut T> {
        let place = *self.places.get(id)?;
        self.changed.insert(place);
        self.things.get_mut(place)
    }

    /// All, oldest first.
    pub fn all(&self) -> std::slice::Iter<'_, T> {
        self.things.iter()
    }

    pub fn len(&self) -> usize {
        self.things.len()
    }

    /// A page of those that fit, newest first, and whether there are more. An id that is not there is answered by itself.
    pub fn page(&self, paging: &Paging, fits: impl Fn(&T) -> bool) -> Result<(Vec<&T>, bool), String> {
        let place = |id: &String| self.places.get(id).copied().ok_or_else(|| id.clone());
        let mut found = Vec::new();
        if let Some(id) = &paging.ending_before {
            let newer = self.things.iter().skip(place(id)? + 1);
            found.extend(newer.filter(|thing| fits(thing)).take(paging.limit + 1));
            let more = found.len() > paging.limit;
            found.truncate(paging.limit);
            found.reverse();
            return Ok((found, more));
        }
        let end = paging.starting_after.as_ref().map(place).transpose()?.unwrap_or(self.things.len());
        let older = self.things[..end].iter().rev();
        found.extend(older.filter(|thing| fits(thing)).take(paging.limit + 1));
        let more = found.len() > paging.limit;
        found.truncate(paging.limit);
        Ok((found, more))
    }

    /// Appends a line for each thing that changed, and counts all as written.
    pub fn write_changed(&mut self, lines: &mut String) -> serde_json::Result<()> {
        for place in std::mem::take(&mut self.changed) {
            if let Some(thing) = self.things.get(place) {
                // Writing to a string cannot fail.
                let _ = writeln!(lines, "{}\t{}", T::KIND, serde_json::to_string(thing)?);
            }
        }
        Ok(())
    }

    /// Reads one thing back.
    pub fn load(&mut self, json: &str) -> serde_json::Result<()> {
        self.put(serde_json::from_str(json)?);
        Ok(())
    }
}
