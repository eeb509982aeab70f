#include "clamav/layers.h"

void layers_init(struct layers *layers, uint64_t max_file_bytes)
{
    *layers = (struct layers){.max_file_bytes = max_file_bytes};
}

/* The first objection stays: all of them rank alike. */
static void object(struct layers *layers, enum unscannable reason, const char *why)
{
    if (layers->worst != UNSCANNABLE_NONE)
        return;
    layers->worst = reason;
    layers->why = why;
}

static void close_down_to(struct layers *layers, size_t level)
{
    while (layers->depth > level) {
        const struct layer *layer = &layers->open[--layers->depth];

        if (!layer->is_zip)
            continue;
        if (layer->inspected < layer->announced || (layer->inspected == 0 && !layer->is_encrypted))
            object(layers, UNSCANNABLE_UNSUPPORTED, "zip-not-unpacked");
    }
}

static bool is_type(const char *type, const char *name)
{
    return type && strcmp(type, name) == 0;
}

void layers_inspect(struct layers *layers, unsigned level, const char *type, uint64_t size)
{
    close_down_to(layers, level);
    if (level == 0) {
        layers->saw_message = true;
        if (!is_type(type, "CL_TYPE_MAIL") && !is_type(type, "CL_TYPE_MHTML"))
            object(layers, UNSCANNABLE_MALFORMED, "not-recognised-as-mail");
    }
    if (layers->depth)
        layers->open[layers->depth - 1].inspected++;
    if (size == layers->max_file_bytes)
        object(layers, UNSCANNABLE_LIMITS, "cut-at-file-size-limit");
    if (is_type(type, "CL_TYPE_RAR") || is_type(type, "CL_TYPE_RARSFX"))
        object(layers, UNSCANNABLE_UNSUPPORTED, "rar");
    if (layers->depth == LAYERS_DEPTH_MAX)
        object(layers, UNSCANNABLE_LIMITS, "too-deep");
    else
        layers->open[layers->depth++] = (struct layer){.is_zip = is_type(type, "CL_TYPE_ZIP"), .size = size};
}

/* libclamav does not say which archive it means, only how long that is; members inspected before stand
 * deeper. */
void layers_announce(struct layers *layers, uint64_t zip_size, uint64_t member_size, bool is_encrypted)
{
    for (size_t i = layers->depth; i-- > 0;) {
        struct layer *layer = &layers->open[i];

        if (!layer->is_zip || layer->size != zip_size)
            continue;
        if (is_encrypted)
            layer->is_encrypted = true;
        else if (member_size > LAYERS_TINY)
            layer->announced++;
        return;
    }
}

void layers_end(struct layers *layers)
{
    close_down_to(layers, 0);
    if (!layers->saw_message)
        object(layers, UNSCANNABLE_MALFORMED, "not-inspected");
}
