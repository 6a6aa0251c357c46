//! Lanes and how many jobs of each run at once in this process.

use shop::jobs::Lane;
use strum::VariantArray;

/// One lane, as this process works it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneSettings {
    /// Which one.
    pub lane: Lane,
    /// Jobs at once.
    pub concurrency: usize,
    /// Jobs fetched at once, at most: as many as slots are free, so that none waits in a process while another one
    /// could take it.
    pub batch: usize,
}

impl LaneSettings {
    /// A lane with its usual numbers. Calls that take seconds and storage wait on the network; pixels need a core each.
    pub fn usual(lane: Lane) -> Self {
        let concurrency = match lane {
            Lane::Generation | Lane::Uploads | Lane::Orders => 8,
            Lane::Pictures => 2,
            // Files of accounts and the comparing of books take long: what is due each minute must not wait for them.
            Lane::Upkeep | Lane::Mail => 4,
        };
        Self::new(lane, concurrency)
    }

    /// A lane with so many jobs at once.
    pub fn new(lane: Lane, concurrency: usize) -> Self {
        // A call that costs money is fetched when it can start, one by one: a worker that dies holds no more than it
        // had begun. The rest is cheap to repeat, and a batch saves a commit for each job.
        // Nor is it what may take minutes, so that another process can take it.
        let batch = match lane {
            Lane::Generation | Lane::Upkeep => 1,
            Lane::Uploads | Lane::Pictures | Lane::Orders | Lane::Mail => concurrency,
        };
        Self { lane, concurrency, batch }
    }

    /// All lanes with their usual numbers.
    pub fn all() -> Vec<Self> {
        Lane::VARIANTS.iter().copied().map(Self::usual).collect()
    }

    /// Reads `generation:4,uploads`; nothing means all.
    ///
    /// # Errors
    /// What is wrong, in words for the operator.
    pub fn parse(text: &str) -> Result<Vec<Self>, String> {
        let known = || Lane::VARIANTS.iter().map(|lane| lane.name()).collect::<Vec<_>>().join(", ");
        let mut lanes: Vec<Self> = Vec::new();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let (name, number) =
                word.split_once(':').map_or((word, None), |(name, number)| (name, Some(number)));
            let lane: Lane = name
                .trim()
                .parse()
                .map_err(|_| format!("WORKER_LANES: there is no lane {name:?}; there are {}", known()))?;
            if lanes.iter().any(|other| other.lane == lane) {
                return Err(format!("WORKER_LANES: {name:?} is named twice"));
            }
            lanes.push(match number.map(|number| number.trim().parse::<usize>()) {
                None => Self::usual(lane),
                Some(Ok(concurrency @ 1..=256)) => Self::new(lane, concurrency),
                Some(_) => {
                    return Err(format!(
                        "WORKER_LANES: {word:?} needs a number from 1 to 256 after the colon"
                    ));
                }
            });
        }
        Ok(if lanes.is_empty() { Self::all() } else { lanes })
    }
}

/// `generation:8,uploads:8`, for the log.
pub fn describe(lanes: &[LaneSettings]) -> String {
    lanes.iter().map(|lane| format!("{}:{}", lane.lane, lane.concurrency)).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_are_read_as_an_operator_writes_them() {
        assert_eq!(LaneSettings::parse(" ").as_deref(), Ok(&*LaneSettings::all()));
        assert_eq!(
            LaneSettings::parse("generation:3, uploads"),
            Ok(vec![LaneSettings::new(Lane::Generation, 3), LaneSettings::usual(Lane::Uploads)])
        );
    }

    #[test]
    fn a_lane_that_cannot_be_is_named_in_the_refusal() {
        for wrong in ["prints", "uploads:0", "uploads:many", "uploads,uploads:2"] {
            let problem = LaneSettings::parse(wrong).expect_err(wrong);
            assert!(problem.contains(wrong.split([':', ',']).next().unwrap_or_default()), "{problem}");
        }
    }
}
