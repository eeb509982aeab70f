/* shared_lock: a mutex in memory that several processes share. A process that is killed while it holds the
 * lock does not block the others. They then find the data as that process has left them. */
#ifndef POSTERN_SYS_SHARED_LOCK_H
#define POSTERN_SYS_SHARED_LOCK_H

#include <pthread.h>

void shared_lock_init(pthread_mutex_t *lock);
void shared_lock_take(pthread_mutex_t *lock);
void shared_lock_release(pthread_mutex_t *lock);

#endif
