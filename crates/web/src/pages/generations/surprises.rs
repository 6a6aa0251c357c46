//! Wishes for whoever has none: a sentence with the style and the shape that suit it.

use shop::generations::{Size, Style};

use crate::random;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Surprise {
    pub prompt: &'static str,
    pub style: Style,
    pub size: Size,
}

const fn of(style: Style, size: Size, prompt: &'static str) -> Surprise {
    Surprise { prompt, style, size }
}

/// All of them. Pages name them by their places, for a moment only, so that they may be put in another order.
pub const POOL: [Surprise; 40] = [
    of(
        Style::Watercolour,
        Size::Landscape,
        "A harbour in the early morning, seen from the last boat that came in",
    ),
    of(Style::Watercolour, Size::FramePortrait, "One pear and its shadow on a blue tablecloth"),
    of(Style::Watercolour, Size::Panorama, "Salt marshes at low tide, with a line of wading birds far away"),
    of(Style::Watercolour, Size::APortrait, "A stairwell with a bicycle, and light from a round window"),
    of(Style::Watercolour, Size::Square, "A robin on the handle of a garden fork, in soft rain"),
    of(
        Style::OilPainting,
        Size::Landscape,
        "Wheat before a thunderstorm, with one tree that leans into the wind",
    ),
    of(Style::OilPainting, Size::FramePortrait, "An old fisherman who mends a red net by lamplight"),
    of(Style::OilPainting, Size::Square, "Lemons in a cracked bowl on a kitchen window sill"),
    of(Style::OilPainting, Size::Portrait, "A forest path in October after rain, with gold on the ground"),
    of(Style::OilPainting, Size::ALandscape, "A café at midnight, seen from across the wet street"),
    of(Style::Linocut, Size::Square, "A hare that listens, among tall grasses"),
    of(Style::Linocut, Size::APortrait, "An owl on a church clock at five to twelve"),
    of(Style::Linocut, Size::FrameLandscape, "Three whales under a small moon"),
    of(Style::Linocut, Size::Portrait, "A tall house on a tall rock, with a ladder of smoke"),
    of(Style::Linocut, Size::Panorama, "Swallows on telephone wires, above a flat land"),
    of(Style::LineDrawing, Size::Portrait, "A heron that stands on one leg on a stack of books"),
    of(Style::LineDrawing, Size::Square, "A cat asleep in a violin case"),
    of(Style::LineDrawing, Size::ALandscape, "A street of narrow houses, each with another roof"),
    of(Style::LineDrawing, Size::FramePortrait, "Hands that shape a bowl on a potter's wheel"),
    of(Style::LineDrawing, Size::APortrait, "The inside of a clock, as if it were a small town"),
    of(Style::TravelPoster, Size::APortrait, "A cable car over an alpine valley, with the lake far below"),
    of(Style::TravelPoster, Size::Portrait, "A night train that crosses a high viaduct under the stars"),
    of(Style::TravelPoster, Size::APortrait, "A white village above an olive grove, at noon"),
    of(Style::TravelPoster, Size::Portrait, "A lighthouse island with one red boat on its way"),
    of(Style::TravelPoster, Size::ALandscape, "Dunes and a caravan, with the sun as large as the sky"),
    of(Style::Photograph, Size::Landscape, "Fog that lifts from a pine forest, seen from above at sunrise"),
    of(Style::Photograph, Size::Square, "A cup of coffee on a piano, in window light"),
    of(Style::Photograph, Size::FramePortrait, "A dog in a yellow raincoat who waits at a tram stop"),
    of(Style::Photograph, Size::Panorama, "A frozen lake with one skater and a very long shadow"),
    of(Style::Photograph, Size::Portrait, "A spiral staircase of pale wood, seen from below"),
    of(Style::NightNeon, Size::Portrait, "A noodle bar in a narrow alley, with steam and one customer"),
    of(Style::NightNeon, Size::Landscape, "A cinema of the fifties after the last film, in the rain"),
    of(Style::NightNeon, Size::Square, "A vending machine on an empty beach"),
    of(Style::NightNeon, Size::Panorama, "A city seen from a slow train, through a wet window"),
    of(Style::NightNeon, Size::APortrait, "A flower shop that never closes, on a corner"),
    of(Style::AsWritten, Size::Square, "A mosaic of a fox made of broken blue and white china"),
    of(Style::AsWritten, Size::Landscape, "A town of folded paper, lit from within, on a dark table"),
    of(
        Style::AsWritten,
        Size::FramePortrait,
        "A botanical plate of a plant that does not exist, with notes in pencil",
    ),
    of(Style::AsWritten, Size::Portrait, "A stained-glass window with a swarm of bees and their hive"),
    of(
        Style::AsWritten,
        Size::FrameLandscape,
        "A felt world: small felt hills, a felt river, and a felt bear who fishes",
    ),
];

/// Any of them but the last one, by its place.
pub fn another(last: Option<usize>) -> (usize, Surprise) {
    let known = last.filter(|last| *last < POOL.len());
    let others = POOL.len() - usize::from(known.is_some());
    let drawn = usize::from(u16::from_le_bytes(random::bytes())) % others;
    let place = drawn + usize::from(known.is_some_and(|last| drawn >= last));
    (place, POOL[place])
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use shop::generations::check_prompt;
    use strum::VariantArray;

    use super::*;

    #[test]
    fn each_is_a_sentence_that_can_be_drawn_and_none_comes_twice() {
        let prompts: HashSet<_> = POOL.iter().map(|surprise| surprise.prompt).collect();
        assert_eq!(prompts.len(), POOL.len());
        assert!(prompts.iter().all(|prompt| check_prompt(prompt).as_deref() == Ok(*prompt)));
        for style in Style::VARIANTS {
            assert!(POOL.iter().filter(|surprise| surprise.style == *style).count() >= 4, "{style:?}");
        }
        for size in Size::VARIANTS {
            assert!(POOL.iter().filter(|surprise| surprise.size == *size).count() >= 2, "{size:?}");
        }
    }

    #[test]
    fn the_last_one_never_comes_again_at_once_and_all_others_do() {
        for last in [None, Some(0), Some(POOL.len() - 1), Some(POOL.len()), Some(usize::MAX)] {
            let drawn: HashSet<usize> = (0..4_000).map(|_| another(last).0).collect();
            assert!(last.is_none_or(|last| !drawn.contains(&last)), "{last:?}");
            let others = POOL.len() - usize::from(last.is_some_and(|last| last < POOL.len()));
            assert_eq!(drawn.len(), others, "{last:?}");
        }
    }
}
