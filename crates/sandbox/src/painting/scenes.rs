//! The scenes, one file each, and the sky that most of them share.

mod cosmos;
mod flowers;
mod land;
mod marble;
mod paper;
mod sea;
mod sky;
mod town;
mod trees;

use super::field::Field;
use super::noise::Dice;
use super::subject::{Scene, Subject};

/// Paints the subject's scene.
pub(super) fn paint(field: &mut Field, subject: &Subject, dice: &mut Dice) {
    match subject.scene {
        Scene::Mountains => land::mountains(field, subject, dice),
        Scene::Dunes => land::dunes(field, subject, dice),
        Scene::Woods => trees::woods(field, subject, dice),
        Scene::Sea => sea::sea(field, subject, dice),
        Scene::Town => town::town(field, subject, dice),
        Scene::Flowers => flowers::flowers(field, subject, dice),
        Scene::Cosmos => cosmos::cosmos(field, subject, dice),
        Scene::Marble => marble::marble(field, subject, dice),
        Scene::Paper => paper::paper(field, subject, dice),
    }
}
