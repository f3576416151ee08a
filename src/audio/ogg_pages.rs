//! The pages of an Ogg file (RFC 3533 §6) by their heads alone: does the stream end, is another one chained behind it, are
//! its first pages there?

const MARK: &[u8; 5] = b"OggS\0";
const HEAD_BYTES: usize = 27;
const LONGEST_PAGE: usize = HEAD_BYTES + 255 + 255 * 255;

/// What a page's head says.
struct Page {
    is_first: bool,
    is_last: bool,
    /// When its last packet ends; −1 where none does, 0 on the pages that hold no sound yet.
    end: i64,
    stream: u32,
    number: u32,
    length: usize,
}

impl Page {
    fn read(bytes: &[u8]) -> Option<Self> {
        let head: &[u8; HEAD_BYTES] = bytes.first_chunk()?;
        let sizes = bytes[HEAD_BYTES..].iter().take(head[26].into());
        Some(Self {
            is_first: head[5] & 2 != 0,
            is_last: head[5] & 4 != 0,
            end: i64::from_le_bytes(*head[6..].first_chunk()?),
            stream: u32::from_le_bytes(*head[14..].first_chunk()?),
            number: u32::from_le_bytes(*head[18..].first_chunk()?),
            length: HEAD_BYTES + usize::from(head[26]) + sizes.map(|&size| usize::from(size)).sum::<usize>(),
        })
    }
}

/// The pages in their order; what is none is stepped over.
fn pages(mut bytes: &[u8]) -> impl Iterator<Item = Page> {
    std::iter::from_fn(move || {
        let at = bytes.windows(MARK.len()).position(|window| window == MARK)?;
        let page = Page::read(&bytes[at..])?;
        bytes = bytes.get(at + page.length..).unwrap_or_default();
        Some(page)
    })
}

/// Whether the last page is not marked as the end of its stream, or is not all there.
pub(super) fn is_cut(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(LONGEST_PAGE)..];
    let last = tail.windows(MARK.len()).rposition(|window| window == MARK).map(|at| &tail[at..]);
    last.and_then(|last| Some(last.len()).zip(Page::read(last)))
        .is_none_or(|(held, page)| !page.is_last || page.length > held)
}

/// Whether another stream begins where the first one has ended.
pub(super) fn is_chained(bytes: &[u8]) -> bool {
    pages(bytes).skip_while(|page| page.is_first).any(|page| page.is_first)
}

/// Whether a page is left out before the first that ends sound of this stream.
pub(super) fn lacks_first_pages(bytes: &[u8], stream: u32) -> bool {
    let mut own = pages(bytes).filter(|page| page.stream == stream);
    let Some(Page { mut number, .. }) = own.next() else { return false };
    for page in own {
        number = number.wrapping_add(1);
        if page.number != number {
            return true;
        }
        if page.end > 0 {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(kind: u8, end: i64, stream: u32, number: u32) -> Vec<u8> {
        let mut page = [MARK.as_slice(), &[kind], &end.to_le_bytes()].concat();
        page.extend([stream.to_le_bytes(), number.to_le_bytes(), [0; 4]].concat());
        page.extend([2, 3, 1, 7, 7, 7, 7]);
        page
    }

    #[test]
    fn heads_say_what_is_there_and_what_is_not() {
        let whole = [page(2, 0, 9, 0), page(0, 0, 9, 1), page(0, -1, 9, 2), page(4, 500, 9, 3)];
        let bytes = whole.concat();
        assert!(!is_cut(&bytes) && !is_chained(&bytes) && !lacks_first_pages(&bytes, 9));
        assert!(is_cut(&bytes[..bytes.len() - 1]) && is_cut(&whole[..3].concat()) && is_cut(b""));
        assert!(is_chained(&[bytes.clone(), bytes.clone()].concat()));
        let side_by_side = [page(2, 0, 8, 0), bytes.clone()].concat();
        assert!(!is_chained(&side_by_side) && !lacks_first_pages(&side_by_side, 9));
        assert!(lacks_first_pages(&[&whole[..2], &whole[3..]].concat().concat(), 9));
        let later = [bytes[..bytes.len() - whole[3].len()].to_vec(), page(0, 90, 9, 3), page(4, 500, 9, 7)];
        assert!(!lacks_first_pages(&later.concat(), 9), "what is lost later is told by its time stamp");
    }
}
