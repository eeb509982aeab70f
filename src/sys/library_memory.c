#include "sys/library_memory.h"

#include "base/buf.h"

#include <event2/event.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdlib.h>

static void *not_null(void *memory, size_t size)
{
    if (!memory && size)
        mem_exhausted();
    return memory;
}

static void *allocate(size_t size)
{
    return not_null(malloc(size), size);
}

static void *resize(void *old, size_t size)
{
    return not_null(realloc(old, size), size);
}

static void *openssl_allocate(size_t size, const char *file, int line)
{
    return allocate(size);
}

static void *openssl_resize(void *old, size_t size, const char *file, int line)
{
    return resize(old, size);
}

static void openssl_free(void *memory, const char *file, int line)
{
    free(memory);
}

void library_memory_init(void)
{
    event_set_mem_functions(allocate, resize, free);
    json_set_alloc_funcs(allocate, free);
    CRYPTO_set_mem_functions(openssl_allocate, openssl_resize, openssl_free);
}
