//! The one integration binary.

/// A room uses lower floors only, and no neighbour on its own floor.
mod architecture;
/// Audits of papers: their findings, no false alarms, the power, the mistakes.
mod audit;
/// Deviations and comparisons are held against what can be, no more.
mod audit_limits;
/// Verdicts are mlscorecheck's, or it is wrong.
mod audit_parity;
/// Every check says how often it would have passed by chance, and against a run.
mod audit_power;
/// True figures in an unusual print pass, impossible ones do not go unseen.
mod audit_soundness;
/// What the tests of audits share.
mod audit_support;
/// Figures that have more than one reading, and pairs that none lets stand.
mod audit_two_readings;
/// Bad tables and bad parameters through every registered model.
mod bad_tables;
/// Chroma, tonnetz and resampling are librosa's.
mod chroma_parity;
/// Wrong commands and files: a clear message, exit 2.
mod cli;
/// Licences and sources of everything that is built.
mod dependencies;
/// Embeddings through the binary.
mod embeddings;
/// Bad sound, bad folders, bad tables through the binary.
mod faults;
/// What every registered feature must do.
mod feature_contract;
/// Fetching data sets from a server with bad manners.
mod fetch;
/// Fitted models in files, and songs through them.
mod fitted_models;
/// Mutated files, into every reader.
mod fuzzing;
/// The rows that golden answers were made for.
mod golden_rows;
/// The dataset gate finds what is planted and nothing else.
mod inspect;
/// The leak meter finds what is there.
mod leak;
/// The features' matrices are librosa's.
mod librosa_parity;
/// Scores are scikit-learn's.
mod metric_golden;
/// What every registered model must do.
mod model_contract;
/// Predictions and probabilities are scikit-learn's.
mod model_golden;
/// Networks compute and learn as PyTorch's.
mod network_golden;
/// Networks: resumed, kept, searched, put together, without their weights.
mod networks;
/// People's own data: labels in lists, folders of sides, numpy's files, tables of pieces, networks of theirs.
mod own_data;
/// librosa's numbers through the binary.
mod parity_binary;
/// Principal components and chosen columns are scikit-learn's.
mod prepare_golden;
/// What a report leaves.
mod report_files;
/// The page of a report, in a browser.
mod report_page;
/// What a report's tables are made from.
mod report_tables;
/// A run killed at any point ends as one left alone, for any number of threads.
mod resume;
/// Fitted models on altered test clips.
mod robustness;
/// A run outlives full disks, broken caches, changed clips, company, too little memory and kills.
mod run_faults;
/// Searched and explained rows: what is recorded, continued and checked again.
mod search_and_explain;
/// Papers' experiments on a stand-in for their data, which every output names as such.
mod stand_in;
/// What the tests of the binary share.
mod support;
/// A validation side is learned from or only watched, and said to be.
mod validation_side;
/// A run that was changed afterwards is found out.
mod verify;
