//! Floor 1: a Waveform becomes numbers. One file a feature; `FEATURES` is the registry, `SETS` the named lists.
