//! How deep an ONNX file nests, seen without recursion: its reader goes down by recursion, and a stack that overflows
//! takes the process with it.
//!
//! Graphs hold nodes, nodes attributes, and attributes graphs (of `If` and `Loop`); a type may be that of a sequence, and
//! hold the type of its items. <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>

/// A loop in a loop in a loop has a dozen.
const MOST_LEVELS: usize = 64;

/// A message that another of its kind may stand in.
#[derive(Debug, Clone, Copy)]
enum Message {
    Model,
    Graph,
    Node,
    Attribute,
    ValueInfo,
    Type,
    Sequence,
}

impl Message {
    fn of_field(self, number: u64) -> Option<Self> {
        Some(match (self, number) {
            (Self::Model, 7) | (Self::Attribute, 6 | 11) => Self::Graph,
            (Self::Graph, 1) => Self::Node,
            (Self::Graph, 11..=13) => Self::ValueInfo,
            (Self::Node, 5) => Self::Attribute,
            (Self::ValueInfo, 2) | (Self::Sequence, 1) => Self::Type,
            (Self::Type, 4) => Self::Sequence,
            _ => return None,
        })
    }
}

/// Whether more levels stand in each other than any network has. Of a damaged file what comes before the damage counts.
pub(super) fn nests_too_deep(bytes: &[u8]) -> bool {
    let mut at = 0;
    // Where each message that is open ends.
    let mut open = vec![(bytes.len(), Message::Model)];
    while at < bytes.len() {
        open.retain(|(end, _)| *end > at);
        let Some(&(_, message)) = open.last() else { return false };
        let Some(tag) = varint(bytes, &mut at) else { return false };
        let length = match tag & 7 {
            0 => varint(bytes, &mut at).map(|_| 0),
            1 => Some(8),
            2 => varint(bytes, &mut at),
            // Groups have none.
            3 | 4 => Some(0),
            5 => Some(4),
            _ => None,
        };
        let Some(length) = length else { return false };
        let end = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(at).min(bytes.len());
        match message.of_field(tag >> 3).filter(|_| tag & 7 == 2) {
            Some(inner) => open.push((end, inner)),
            None => at = end,
        }
        if open.len() > MOST_LEVELS {
            return true;
        }
    }
    false
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field of bytes.
    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let mut field = vec![number << 3 | 2];
        let mut length = bytes.len();
        while length > 0x7f {
            field.push(length as u8 | 0x80);
            length >>= 7;
        }
        field.push(length as u8);
        field.extend(bytes);
        field
    }

    fn nested(levels: usize) -> Vec<u8> {
        let deeper = |graph: Vec<u8>, _| field(1, &field(5, &field(6, &graph)));
        [vec![8, 8], field(7, &(0..levels).fold(Vec::new(), deeper))].concat()
    }

    #[test]
    fn graphs_in_graphs_are_told_from_many_beside_each_other() {
        assert!(!nests_too_deep(&nested(4)));
        assert!(nests_too_deep(&nested(30)));
        let graph: Vec<u8> = (0..1000).flat_map(|_| field(1, &field(5, b"\x0a\x01x"))).collect();
        assert!(!nests_too_deep(&field(7, &graph)));
        let types = (0..40).fold(Vec::new(), |inner, _| field(4, &field(1, &inner)));
        assert!(nests_too_deep(&field(7, &field(11, &field(2, &types)))));
        // A length that goes beyond its message hides nothing.
        assert!(nests_too_deep(&[vec![7 << 3 | 2, 2], nested(30).split_off(2 + 3)].concat()));
        assert!(!nests_too_deep(b"") && !nests_too_deep(&[0xff; 40]));
    }
}
