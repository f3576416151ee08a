use genrebench::audio::Waveform; use genrebench::features::*;
use std::io::Write;
fn main(){ let a:Vec<String>=std::env::args().collect(); let rate:u32=a[1].parse().unwrap();
 for path in &a[2..]{ let b=std::fs::read(path).unwrap(); let samples:Vec<f32>=b.chunks_exact(4).map(|c|f32::from_le_bytes(c.try_into().unwrap())).collect();
  let w=Waveform{samples,rate_hz:rate};
  let mut out=std::fs::File::create(format!("{path}.out")).unwrap();
  for f in FEATURES { match f.output { Output::Frames{..}=>{ match frames(&w,f.name){Ok(m)=>{ writeln!(out,"{} {} {}",f.name,m.nrows(),m.ncols()).unwrap(); for v in m.iter(){out.write_all(&v.to_le_bytes()).unwrap();}
     let p=FeaturePlan::from_list(&[f.name],Statistic::ALL).unwrap().at_rate_hz(rate); let s=extract(&w,&p).unwrap(); writeln!(out,"{}.stats {} {}",f.name,7,m.ncols()).unwrap(); for v in s{out.write_all(&v.to_le_bytes()).unwrap();} },Err(e)=>eprintln!("{path} {}: {e}",f.name)} }
   Output::Scalars{names,..}=>{ let p=FeaturePlan::from_list(&[f.name],&[]).unwrap().at_rate_hz(rate); match extract(&w,&p){Ok(v)=>{writeln!(out,"{} 1 {}",f.name,names.len()).unwrap(); for x in v{out.write_all(&x.to_le_bytes()).unwrap();}},Err(e)=>eprintln!("{path} {}: {e}",f.name)}}}}
 }}
