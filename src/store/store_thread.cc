#include "store/store_thread.h"

#include "base/limits.h"

namespace weir {

StoreThread::StoreThread(std::unique_ptr<Store> store, Post post)
    : store_(std::move(store)), post_(std::move(post)), thread_([this] { loop(); }) {}

StoreThread::~StoreThread() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

bool StoreThread::enqueue(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= limits::kStoreQueueMax) return false;
    queue_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

void StoreThread::write(std::function<Status(Store&)> job, std::function<void(Status)> done) {
  Job queued;
  queued.write = std::move(job);
  queued.done = done;
  if (enqueue(std::move(queued)) || !done) return;
  post_([done = std::move(done)] { done(unavailable("the store has too much to do")); });
}

// If a job of a shared transaction fails, all of it is undone: the jobs are then run one by one, so that one
// writer's error is not another's.
void StoreThread::commit(std::deque<Job>& jobs) {
  Status shared = store_->atomically([&]() -> Status {
    for (Job& job : jobs) WEIR_TRY(job.write(*store_));
    return {};
  });
  for (Job& job : jobs) {
    Status status = shared;
    if (!shared && jobs.size() > 1) status = store_->atomically([&] { return job.write(*store_); });
    if (job.done) post_([done = std::move(job.done), status] { done(status); });
  }
}

void StoreThread::loop() {
  while (true) {
    std::deque<Job> jobs;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return !queue_.empty() || closing_; });
      if (queue_.empty()) return;
      jobs.swap(queue_);
    }
    while (!jobs.empty()) {
      if (jobs.front().run) {
        post_(jobs.front().run(*store_));
        jobs.pop_front();
        continue;
      }
      std::deque<Job> writes;
      while (!jobs.empty() && jobs.front().write) {
        writes.push_back(std::move(jobs.front()));
        jobs.pop_front();
      }
      commit(writes);
    }
  }
}

}  // namespace weir
