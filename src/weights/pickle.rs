//! The part of Python's pickle that a PyTorch state dict is written in (protocols 2 to 4), read without running
//! anything: the few functions such a file calls are known by name and done here, any other is refused by its name.
//!
//! Values live in one list and refer to each other by their place in it, so that a value that contains itself, or is
//! nested without end, costs no more than the bytes it was written with.

use std::collections::HashMap;

use super::bytes::{slice, unsigned};

/// The place of a value in [`Pickle::values`].
pub(super) type Id = usize;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// `None`, a number, a byte string, an object without meaning for weights.
    Other,
    Bool,
    Int(i64),
    /// A whole number of more than eight bytes, little-endian.
    Big(Vec<u8>),
    Text(String),
    Items(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Global(String),
    /// What `persistent_load` would be asked for.
    Persistent(Id),
    /// A view into a storage (a [`Value::Persistent`]), offset and strides in items.
    Tensor {
        storage: Id,
        offset: usize,
        shape: Vec<usize>,
        strides: Vec<usize>,
    },
}

#[derive(Debug)]
pub(super) struct Pickle {
    pub values: Vec<Value>,
    pub root: Id,
    /// Where the pickle ended in the bytes.
    pub end: usize,
}

/// Items of all tuples, lists and tables together.
const MOST_ITEMS: usize = 1 << 24;
const MOST_AXES: usize = 16;
const LONGEST_GLOBAL: usize = 1024;

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    values: Vec<Value>,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: HashMap<u64, Id>,
    items: usize,
}

impl Pickle {
    /// Reads the pickle that starts at `at`.
    pub fn read(bytes: &[u8], at: usize) -> Result<Self, String> {
        let mut machine = Machine {
            bytes,
            at,
            values: vec![Value::Other],
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
            items: 0,
        };
        while machine.step()? {}
        let root = machine.pop()?;
        Ok(Self { values: machine.values, root, end: machine.at })
    }

    pub fn value(&self, id: Id) -> &Value {
        &self.values[id]
    }

    pub fn text(&self, id: Id) -> Option<&str> {
        match self.value(id) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn items(&self, id: Id) -> Option<&[Id]> {
        match self.value(id) {
            Value::Items(items) => Some(items),
            _ => None,
        }
    }
}

fn whole(value: &Value) -> Option<usize> {
    match value {
        Value::Int(value) => usize::try_from(*value).ok(),
        _ => None,
    }
}

impl Machine<'_> {
    fn number(&mut self, length: usize) -> Result<u64, String> {
        let value = unsigned(self.bytes, self.at, length)?;
        self.at += length;
        Ok(value)
    }

    fn raw(&mut self, length: u64) -> Result<&[u8], String> {
        let length = usize::try_from(length).map_err(|_| "a text is longer than any memory".to_string())?;
        let raw = slice(self.bytes, self.at, length)?;
        self.at += length;
        Ok(raw)
    }

    /// Up to the end of the line.
    fn line(&mut self) -> Result<String, String> {
        let rest = &self.bytes[self.at.min(self.bytes.len())..];
        let length = rest.iter().position(|&byte| byte == b'\n').ok_or("a line in it does not end")?;
        self.at += length + 1;
        Ok(String::from_utf8_lossy(&rest[..length]).trim().to_string())
    }

    fn push(&mut self, value: Value) {
        self.values.push(value);
        self.stack.push(self.values.len() - 1);
    }

    /// A text of a stated length.
    fn push_text(&mut self, length: u64) -> Result<(), String> {
        let text = String::from_utf8_lossy(self.raw(length)?).into_owned();
        self.push(Value::Text(text));
        Ok(())
    }

    fn pop(&mut self) -> Result<Id, String> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len() > floor {
            true => self.stack.pop().ok_or_else(|| "its stack is empty".to_string()),
            false => Err("it takes more values than it has made".to_string()),
        }
    }

    /// The values above the last mark.
    fn pop_mark(&mut self) -> Result<Vec<Id>, String> {
        let mark = self.marks.pop().ok_or("a mark is missing in it")?;
        let values = self.stack.split_off(mark.min(self.stack.len()));
        self.spend(values.len())?;
        Ok(values)
    }

    fn spend(&mut self, items: usize) -> Result<(), String> {
        self.items += items;
        match self.items > MOST_ITEMS {
            true => Err("it holds more values than any network has weights".to_string()),
            false => Ok(()),
        }
    }

    fn top(&self) -> Result<Id, String> {
        self.stack.last().copied().ok_or_else(|| "its stack is empty".to_string())
    }

    fn tuple(&mut self, length: usize) -> Result<(), String> {
        let mut items = (0..length).map(|_| self.pop()).collect::<Result<Vec<_>, _>>()?;
        items.reverse();
        self.spend(length)?;
        self.push(Value::Items(items));
        Ok(())
    }

    fn put(&mut self, key: u64) -> Result<(), String> {
        let top = self.top()?;
        self.memo.insert(key, top);
        Ok(())
    }

    fn get(&mut self, key: u64) -> Result<(), String> {
        let id = *self.memo.get(&key).ok_or("it recalls what was never kept")?;
        self.stack.push(id);
        Ok(())
    }

    fn append(&mut self, new: Vec<Id>) -> Result<(), String> {
        let top = self.top()?;
        // Objects that are like lists but mean nothing here keep no items.
        if let Value::Items(items) = &mut self.values[top] {
            items.extend(new);
        }
        Ok(())
    }

    fn set(&mut self, pairs: &[Id]) -> Result<(), String> {
        let top = self.top()?;
        if let Value::Dict(entries) = &mut self.values[top] {
            entries.extend(pairs.chunks_exact(2).map(|pair| (pair[0], pair[1])));
        }
        Ok(())
    }

    /// One instruction; false at the end.
    fn step(&mut self) -> Result<bool, String> {
        let code = self.number(1)? as u8;
        // Each may leave a value, however short it is.
        self.spend(1)?;
        match code {
            0x80 => drop(self.number(1)?),
            0x95 => drop(self.number(8)?),
            b'.' => return Ok(false),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.pop_mark()?),
            b'2' => {
                let top = self.top()?;
                self.stack.push(top);
            }
            b'N' | b'G' => {
                self.number(if code == b'G' { 8 } else { 0 })?;
                self.push(Value::Other);
            }
            0x88 | 0x89 => self.push(Value::Bool),
            b'J' => {
                let value = i64::from(self.number(4)? as u32 as i32);
                self.push(Value::Int(value));
            }
            b'K' | b'M' => {
                let value = self.number(if code == b'K' { 1 } else { 2 })? as i64;
                self.push(Value::Int(value));
            }
            0x8a => self.long()?,
            b'X' | b'T' => {
                let length = self.number(4)?;
                self.push_text(length)?;
            }
            0x8c | b'U' => {
                let length = self.number(1)?;
                self.push_text(length)?;
            }
            0x8d => {
                let length = self.number(8)?;
                self.push_text(length)?;
            }
            b'B' | b'C' | 0x8e => {
                let length = self.number(match code {
                    b'B' => 4,
                    b'C' => 1,
                    _ => 8,
                })?;
                self.raw(length)?;
                self.push(Value::Other);
            }
            b')' | b']' => self.push(Value::Items(Vec::new())),
            b'}' => self.push(Value::Dict(Vec::new())),
            b't' | b'l' => {
                let items = self.pop_mark()?;
                self.push(Value::Items(items));
            }
            0x85..=0x87 => self.tuple(usize::from(code - 0x84))?,
            b'a' => {
                let item = self.pop()?;
                self.append(vec![item])?;
            }
            b'e' => {
                let items = self.pop_mark()?;
                self.append(items)?;
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.set(&[key, value])?;
            }
            b'u' => {
                let pairs = self.pop_mark()?;
                self.set(&pairs)?;
            }
            b'q' => {
                let key = self.number(1)?;
                self.put(key)?;
            }
            b'r' => {
                let key = self.number(4)?;
                self.put(key)?;
            }
            0x94 => self.put(self.memo.len() as u64)?,
            b'h' => {
                let key = self.number(1)?;
                self.get(key)?;
            }
            b'j' => {
                let key = self.number(4)?;
                self.get(key)?;
            }
            b'c' => {
                let name = format!("{}.{}", self.line()?, self.line()?);
                if name.len() > LONGEST_GLOBAL {
                    return Err("it names a function by something that is no name".to_string());
                }
                self.push(Value::Global(name));
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let name = match (&self.values[module], &self.values[name]) {
                    // Both may be recalled again and again.
                    (Value::Text(module), Value::Text(name))
                        if module.len() + name.len() <= LONGEST_GLOBAL =>
                    {
                        format!("{module}.{name}")
                    }
                    _ => return Err("it names a function by something that is no name".to_string()),
                };
                self.push(Value::Global(name));
            }
            b'Q' => {
                let what = self.pop()?;
                self.push(Value::Persistent(what));
            }
            b'R' | 0x81 => {
                let (arguments, function) = (self.pop()?, self.pop()?);
                self.call(function, arguments)?;
            }
            // The state of an object: PyTorch's state dicts keep version numbers there.
            b'b' => drop(self.pop()?),
            other => {
                return Err(format!(
                    "instruction 0x{other:02x} at byte {} does not belong in a state dict; save it again with torch.save(model.state_dict(), …)",
                    self.at - 1
                ));
            }
        }
        Ok(true)
    }

    fn long(&mut self) -> Result<(), String> {
        let length = self.number(1)?;
        let bytes = self.raw(length)?.to_vec();
        self.push(match bytes.len() {
            0 => Value::Int(0),
            1..=8 => {
                let fill = if bytes[bytes.len() - 1] >= 128 { 255 } else { 0 };
                let mut wide = [fill; 8];
                wide[..bytes.len()].copy_from_slice(&bytes);
                Value::Int(i64::from_le_bytes(wide))
            }
            _ => Value::Big(bytes),
        });
        Ok(())
    }

    /// Does what the few functions of a state dict would do.
    fn call(&mut self, function: Id, arguments: Id) -> Result<(), String> {
        let Value::Global(name) = &self.values[function] else {
            return Err("it calls something that has no name".to_string());
        };
        let arguments = match &self.values[arguments] {
            Value::Items(items) => items.as_slice(),
            _ => &[],
        };
        match name.as_str() {
            "collections.OrderedDict" => {
                // Written empty and filled afterwards; pairs as an argument are an old form.
                self.push(Value::Dict(Vec::new()));
            }
            "torch._utils._rebuild_tensor_v2" | "torch._utils._rebuild_tensor" => {
                let tensor = self.tensor(arguments)?;
                self.push(tensor);
            }
            "torch._utils._rebuild_parameter" => {
                let tensor = *arguments.first().ok_or("a parameter in it has no tensor")?;
                self.stack.push(tensor);
            }
            "torch.Size"
            | "torch.device"
            | "torch.nn.parameter.Parameter"
            | "builtins.set"
            | "__builtin__.set" => {
                let inner = arguments.first().copied().unwrap_or(0);
                self.stack.push(inner);
            }
            other => {
                return Err(format!(
                    "it wants to call `{other}`, and no code of a file is run here; save it again with torch.save(model.state_dict(), …)"
                ));
            }
        }
        Ok(())
    }

    fn tensor(&self, arguments: &[Id]) -> Result<Value, String> {
        let wrong = || "a tensor in it is not described as PyTorch does".to_string();
        let &[storage, offset, shape, strides, ..] = arguments else { return Err(wrong()) };
        let wholes = |id: Id| match &self.values[id] {
            Value::Items(items) if items.len() <= MOST_AXES => items
                .iter()
                .map(|&item| whole(&self.values[item]))
                .collect::<Option<Vec<_>>>()
                .ok_or_else(wrong),
            _ => Err(wrong()),
        };
        let offset = whole(&self.values[offset]).ok_or_else(wrong)?;
        Ok(Value::Tensor { storage, offset, shape: wholes(shape)?, strides: wholes(strides)? })
    }
}
