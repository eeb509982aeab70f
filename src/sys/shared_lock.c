#include "sys/shared_lock.h"

#include <errno.h>

void shared_lock_init(pthread_mutex_t *lock)
{
    pthread_mutexattr_t how;

    pthread_mutexattr_init(&how);
    pthread_mutexattr_setpshared(&how, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&how, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(lock, &how);
    pthread_mutexattr_destroy(&how);
}

void shared_lock_take(pthread_mutex_t *lock)
{
    if (pthread_mutex_lock(lock) == EOWNERDEAD)
        pthread_mutex_consistent(lock);
}

void shared_lock_release(pthread_mutex_t *lock)
{
    pthread_mutex_unlock(lock);
}
