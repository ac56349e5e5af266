//! The published engine on the inputs of bench/policy/run. Policies, entities and requests are made once; the clock
//! runs around is_authorized() alone. Prints one JSON line, as policy_bench does.
use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request};
use std::alloc::{GlobalAlloc, Layout, System};
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

struct Counting;
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        System.alloc(layout)
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        System.dealloc(pointer, layout)
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        System.realloc(pointer, layout, size)
    }
}
#[global_allocator]
static GLOBAL: Counting = Counting;

fn uid(value: &serde_json::Value) -> EntityUid {
    EntityUid::from_json(value.clone()).expect("a uid")
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let read = |i: usize| std::fs::read_to_string(&args[i]).expect("a file");
    let policies = PolicySet::from_str(&read(1)).expect("policies");
    let entities = Entities::from_json_str(&read(2), None).expect("entities");
    let given: Vec<serde_json::Value> = serde_json::from_str(&read(3)).expect("requests");
    let decisions: usize = args[4].parse().expect("a number");
    let requests: Vec<Request> = given
        .iter()
        .map(|r| {
            let context = Context::from_json_value(r["context"].clone(), None).expect("a context");
            Request::new(uid(&r["principal"]), uid(&r["action"]), uid(&r["resource"]), context, None).expect("a request")
        })
        .collect();
    let authorizer = Authorizer::new();
    let allowed = requests
        .iter()
        .filter(|r| authorizer.is_authorized(r, &policies, &entities).decision() == Decision::Allow)
        .count();
    let mut times: Vec<u64> = Vec::with_capacity(decisions);
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for i in 0..decisions {
        let request = &requests[i % requests.len()];
        let start = Instant::now();
        let response = authorizer.is_authorized(request, &policies, &entities);
        std::hint::black_box(response.decision());
        times.push(start.elapsed().as_nanos() as u64);
    }
    let allocations = (ALLOCATIONS.load(Ordering::Relaxed) - before) as f64 / decisions as f64;
    times.sort_unstable();
    println!(
        "{{\"p50_ns\": {}, \"p99_ns\": {}, \"allocations\": {:.2}, \"allowed\": {}}}",
        times[decisions / 2],
        times[decisions * 99 / 100],
        allocations,
        allowed
    );
}
