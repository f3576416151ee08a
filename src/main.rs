fn main() {
    println!("genrebench");
}
