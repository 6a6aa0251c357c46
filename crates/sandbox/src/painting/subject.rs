//! What a prompt asks for, as far as a painter without a mind can tell.

use super::noise::Dice;
use super::palette::{self, Palette};

/// The choices that the words make.
pub(super) struct Subject {
    pub scene: Scene,
    pub hand: Hand,
    pub palette: Palette,
    /// The light in the sky is a moon.
    pub night: bool,
    pub snow: bool,
    pub boat: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scene {
    Mountains,
    Dunes,
    Woods,
    Sea,
    Town,
    Flowers,
    Cosmos,
    /// Colours that run into each other.
    Marble,
    /// Discs, arches and hills cut from paper.
    Paper,
}

/// How the paint goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hand {
    Oil,
    /// Flat inks on paper.
    Print,
    Watercolor,
    /// Smooth, as from an airbrush.
    Smooth,
}

const SCENES: &[(Scene, &[&str])] = &[
    (Scene::Cosmos, &["galaxy", "space", "cosmos", "nebula", "planet", "universe", "astronaut", "rocket"]),
    (
        Scene::Flowers,
        &[
            "flower",
            "flowers",
            "rose",
            "roses",
            "garden",
            "tulip",
            "tulips",
            "blossom",
            "blossoms",
            "peony",
            "peonies",
            "bouquet",
            "sunflower",
            "sunflowers",
            "daisy",
            "daisies",
            "botanical",
            "poppy",
            "poppies",
            "bloom",
        ],
    ),
    (Scene::Dunes, &["desert", "dune", "dunes", "sand", "sahara", "camel", "canyon"]),
    (
        Scene::Sea,
        &[
            "sea",
            "ocean",
            "wave",
            "waves",
            "beach",
            "lake",
            "boat",
            "boats",
            "sail",
            "ship",
            "island",
            "coast",
            "harbour",
            "harbor",
            "river",
            "whale",
            "lighthouse",
            "fish",
            "water",
            "turtle",
        ],
    ),
    (
        Scene::Woods,
        &[
            "forest", "tree", "trees", "pine", "pines", "wood", "woods", "jungle", "bear", "deer", "fox",
            "wolf", "owl", "cabin", "fern",
        ],
    ),
    (
        Scene::Town,
        &[
            "city",
            "town",
            "street",
            "skyline",
            "tower",
            "towers",
            "tokyo",
            "paris",
            "london",
            "york",
            "building",
            "buildings",
            "rooftops",
            "bridge",
            "neon",
        ],
    ),
    (
        Scene::Mountains,
        &[
            "mountain",
            "mountains",
            "peak",
            "peaks",
            "alps",
            "alpine",
            "hill",
            "hills",
            "valley",
            "fjord",
            "snow",
            "volcano",
            "dragon",
            "landscape",
            "eagle",
            "castle",
            "meadow",
        ],
    ),
    (Scene::Marble, &["abstract", "marble", "fluid", "smoke", "fire", "dream", "silk", "liquid", "aurora"]),
    (
        Scene::Paper,
        &["minimal", "minimalist", "geometric", "boho", "shapes", "bauhaus", "scandinavian", "pattern"],
    ),
];

const HANDS: &[(Hand, &[&str])] = &[
    (Hand::Watercolor, &["watercolor", "watercolour", "aquarelle", "wash", "gouache"]),
    (
        Hand::Print,
        &["poster", "print", "minimal", "minimalist", "vector", "flat", "linocut", "retro", "woodcut"],
    ),
    (Hand::Smooth, &["photo", "photograph", "realistic", "airbrush", "smooth", "render"]),
    (Hand::Oil, &["oil", "painting", "impasto", "impressionist", "brush", "canvas"]),
];

impl Subject {
    pub fn of(prompt: &str, dice: &mut Dice) -> Subject {
        let words: Vec<String> =
            prompt.to_lowercase().split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
        let says = |names: &[&str]| names.iter().any(|name| words.iter().any(|word| word == name));
        let palette = palette::choose(&words, dice);
        let scene =
            SCENES.iter().find(|(_, names)| says(names)).map_or_else(|| any(dice), |(scene, _)| *scene);
        let usual = usual(scene, dice);
        let hand = HANDS.iter().find(|(_, names)| says(names)).map_or(usual, |(hand, _)| *hand);
        Subject {
            scene,
            hand,
            palette,
            night: says(&["night", "moon", "moonlight", "midnight", "star", "stars", "starry", "neon"]),
            snow: says(&["snow", "snowy", "winter", "ice", "alps", "alpine", "arctic"]),
            boat: says(&["boat", "boats", "sail", "sailing", "ship", "regatta"]),
        }
    }
}

/// A scene for words that say nothing to the painter.
fn any(dice: &mut Dice) -> Scene {
    [Scene::Mountains, Scene::Sea, Scene::Marble, Scene::Paper, Scene::Woods, Scene::Flowers][dice.below(6)]
}

fn usual(scene: Scene, dice: &mut Dice) -> Hand {
    let flat = dice.chance(0.35);
    match scene {
        Scene::Marble | Scene::Cosmos => Hand::Smooth,
        Scene::Paper => Hand::Print,
        Scene::Town | Scene::Mountains | Scene::Dunes | Scene::Woods if flat => Hand::Print,
        Scene::Mountains | Scene::Dunes | Scene::Woods | Scene::Sea | Scene::Town | Scene::Flowers => {
            Hand::Oil
        }
    }
}
