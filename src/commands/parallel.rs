//! The same work on many inputs, on all cores, in their order: at most as many at once as fit in a part of the memory.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use crate::os;

/// What an input takes while it is judged, in times of its size on disk: a saved plan is packed.
const TIMES: u64 = 12;

/// Memory that is free for inputs, where the system does not say how much there is.
const UNKNOWN: u64 = 1 << 30;

/// Does `work` for each item. The results are in the order of the items. `size` is that of an item's file, in bytes.
pub(super) fn each<T: Sync, R: Send>(
    items: &[T],
    size: impl Fn(&T) -> u64 + Sync,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let workers = cores.min(items.len());
    if workers < 2 {
        return items.iter().map(work).collect();
    }
    let room = Room::new(os::memory().map_or(UNKNOWN, |bytes| bytes / 4));
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { break };
                    let taken = room.take(size(item).saturating_mul(TIMES));
                    let result = work(item);
                    drop(taken);
                    done.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Memory that several share. What is larger than all of it is let in alone.
struct Room {
    all: u64,
    used: Mutex<u64>,
    freed: Condvar,
}

struct Taken<'r>(&'r Room, u64);

impl Room {
    fn new(all: u64) -> Self {
        Self {
            all,
            used: Mutex::new(0),
            freed: Condvar::new(),
        }
    }

    fn take(&self, bytes: u64) -> Taken<'_> {
        let bytes = bytes.min(self.all);
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let mut used = self
            .freed
            .wait_while(used, |used| *used > self.all - bytes)
            .unwrap_or_else(PoisonError::into_inner);
        *used += bytes;
        Taken(self, bytes)
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut used = self.0.used.lock().unwrap_or_else(PoisonError::into_inner);
        *used -= self.1;
        self.0.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_order_and_all() {
        let items: Vec<u64> = (0..500).collect();
        let done = each(&items, |_| 1, |item| item * 2);
        assert_eq!(done, items.iter().map(|item| item * 2).collect::<Vec<_>>());
        assert!(each(&[] as &[u64], |_| 0, |item| *item).is_empty());
    }

    #[test]
    fn never_more_than_fits() {
        let room = Room::new(10);
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for bytes in [4_usize, 4, 4, 100, 4, 4] {
                let (room, now, most) = (&room, &now, &most);
                scope.spawn(move || {
                    let taken = room.take(bytes as u64);
                    let held = bytes.min(10);
                    let all = now.fetch_add(held, Ordering::SeqCst) + held;
                    most.fetch_max(all, Ordering::SeqCst);
                    std::thread::yield_now();
                    now.fetch_sub(held, Ordering::SeqCst);
                    drop(taken);
                });
            }
        });
        assert!(most.into_inner() <= 10);
    }
}
