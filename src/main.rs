fn main() { println!("genrebench"); }
