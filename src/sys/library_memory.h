/* library_memory: libraries that run out of memory end the process, as Postern's own code does (base/buf).
 *
 * Many functions of libevent, OpenSSL and jansson report a lack of memory by a result that their callers cannot
 * sensibly handle: an event that is not created, a digest that is not computed, a record without a member. */
#ifndef POSTERN_SYS_LIBRARY_MEMORY_H
#define POSTERN_SYS_LIBRARY_MEMORY_H

/* Call once, at the start of main: these libraries must not have allocated anything before. */
void library_memory_init(void);

#endif
