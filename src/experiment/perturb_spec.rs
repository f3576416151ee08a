//! `perturb = [{ noise_snr_db = [20, 10, 0] }, { low_pass_hz = 4000 }]` of an experiment or a row: on which altered test
//! clips the fitted model is tried too.

use crate::audio::Perturbation;

/// Conditions of a row, at most.
const MOST: usize = 64;

/// Each condition once, in the order of the file; `false` or nothing asks for none.
pub fn read(value: toml::Value) -> Result<Vec<Perturbation>, String> {
    let entries = match value {
        toml::Value::Boolean(false) => return Ok(Vec::new()),
        toml::Value::Array(entries) => entries,
        _ => return Err(SHAPE.to_string()),
    };
    let mut conditions: Vec<Perturbation> = Vec::new();
    for entry in entries {
        let toml::Value::Table(entry) = entry else { return Err(SHAPE.to_string()) };
        for (kind, strengths) in entry {
            let strengths = match strengths {
                toml::Value::Array(strengths) => strengths,
                one => vec![one],
            };
            for strength in strengths {
                let number = match strength {
                    toml::Value::Integer(number) => number as f64,
                    toml::Value::Float(number) => number,
                    _ => return Err(format!("{kind} takes a number, or several in brackets")),
                };
                let condition = Perturbation::new(&kind, number)?;
                if !conditions.contains(&condition) {
                    conditions.push(condition);
                }
            }
        }
    }
    match conditions.len() {
        0..=MOST => Ok(conditions),
        many => Err(format!("{many} conditions are more than {MOST}")),
    }
}

const SHAPE: &str = "say which, such as perturb = [{ noise_snr_db = [20, 10, 0] }, { low_pass_hz = 4000 }]";

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(text: &str) -> Result<Vec<Perturbation>, String> {
        let mut table: toml::Table = toml::from_str(&format!("perturb = {text}")).unwrap();
        read(table.remove("perturb").unwrap())
    }

    #[test]
    fn lists_and_numbers_are_read_once_each_and_anything_else_is_refused() {
        let read =
            conditions("[{ noise_snr_db = [20, 10.5] }, { gain_db = -6 }, { gain_db = [-6] }]").unwrap();
        let expected =
            [Perturbation::NoiseSnrDb(20.0), Perturbation::NoiseSnrDb(10.5), Perturbation::GainDb(-6.0)];
        assert_eq!(read, expected);
        assert!(conditions("false").unwrap().is_empty() && conditions("[]").unwrap().is_empty());
        for wrong in ["true", "[3]", "[{ noise = 3 }]", "[{ gain_db = \"loud\" }]", "[{ low_pass_hz = 1 }]"] {
            assert!(conditions(wrong).is_err(), "{wrong}");
        }
    }
}
