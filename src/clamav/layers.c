#include "clamav/layers.h"

#include "content/encrypted.h"
#include "content/rar.h"
#include "content/wrapped.h"

void layers_init(struct layers *layers, enum message_kind kind, uint64_t max_file_bytes)
{
    *layers = (struct layers){.kind = kind, .max_file_bytes = max_file_bytes};
}

/* Keeps the first finding. Only a finding of encryption is replaced by a later one, because it ranks
 * lowest. */
static void note_finding(struct layers *layers, enum unscannable reason, const char *why)
{
    if (layers->worst != UNSCANNABLE_NONE && layers->worst != UNSCANNABLE_ENCRYPTED)
        return;
    layers->worst = reason;
    layers->why = why;
}

static bool is_type(const char *type, const char *name)
{
    return type && strcmp(type, name) == 0;
}

static void end_expectation(struct layers *layers, bool is_met)
{
    if (layers->is_expecting && !is_met)
        note_finding(layers, UNSCANNABLE_UNSUPPORTED, "member-not-unpacked");
    layers->is_expecting = false;
}

/* Returns whether the layer is a container that should have content, but none of it was inspected. A
 * container of at most LAYERS_EMPTY bytes may be empty. A zip is judged by its members instead. */
static bool is_unopened(const struct layer *layer)
{
    return layer->container != CONTAINER_NONE && layer->container != CONTAINER_ZIP && !layer->has_parts &&
           layer->size > LAYERS_EMPTY;
}

static void close_layers_from(struct layers *layers, unsigned level)
{
    while (layers->depth && layers->open[layers->depth - 1].level >= level) {
        const struct layer *layer = &layers->open[--layers->depth];

        if (layer->is_zip && (layer->inspected < layer->announced || layer->last_member == 0))
            note_finding(layers, UNSCANNABLE_UNSUPPORTED, "zip-not-unpacked");
        else if (is_unopened(layer))
            note_finding(layers, UNSCANNABLE_UNSUPPORTED, container_name(layer->container));
    }
}

static void check_content(struct layers *layers, struct span bytes)
{
    enum encrypted kind = encrypted_of(bytes);
    const char *what;

    if (kind != ENCRYPTED_NOT)
        note_finding(layers, UNSCANNABLE_ENCRYPTED, encrypted_name(kind));
    if (wrapped_content(bytes, &what) == WRAPPED_OPEN)
        note_finding(layers, UNSCANNABLE_UNSUPPORTED, what);
}

/* Returns whether the part is the whole mail. Its content is not examined, because its parts follow. A whole
 * file is examined like a part. */
static bool is_whole_mail(const struct layers *layers, const struct part *part)
{
    return part->level == 0 && layers->kind == MESSAGE_MAIL;
}

static void check_part(struct layers *layers, const struct part *part)
{
    layers->saw_message |= part->level == 0;
    if (is_whole_mail(layers, part) && !is_type(part->type, "CL_TYPE_MAIL") &&
        !is_type(part->type, "CL_TYPE_MHTML"))
        note_finding(layers, UNSCANNABLE_MALFORMED, "not-recognised-as-mail");
    if (part->size == layers->max_file_bytes)
        note_finding(layers, UNSCANNABLE_LIMITS, "cut-at-file-size-limit");
    if ((is_type(part->type, "CL_TYPE_RAR") && !rar_is_encrypted(part->bytes)) ||
        is_type(part->type, "CL_TYPE_RARSFX"))
        note_finding(layers, UNSCANNABLE_UNSUPPORTED, "rar");
    if (!is_whole_mail(layers, part))
        check_content(layers, part->bytes);
}

/* Notes a container that libclamav does not open: the part itself, or one within it. Returns the format of
 * the part itself; CONTAINER_NONE for a whole mail. */
static enum container check_container(struct layers *layers, const struct part *part)
{
    enum container format, unopened;

    if (is_whole_mail(layers, part))
        return CONTAINER_NONE;
    format = container_of(part->bytes);
    if (format == CONTAINER_RAR && rar_is_encrypted(part->bytes))
        return CONTAINER_NONE;
    if (container_opening(format) == CONTAINER_CLOSED)
        unopened = format;
    else
        unopened = container_within(part->bytes, format != CONTAINER_NONE);
    if (unopened != CONTAINER_NONE)
        note_finding(layers, UNSCANNABLE_UNSUPPORTED, container_name(unopened));
    return format;
}

void layers_inspect(struct layers *layers, const struct part *part)
{
    bool was_expected = layers->is_expecting;

    end_expectation(layers, true);
    close_layers_from(layers, part->level);
    check_part(layers, part);
    if (layers->depth)
        layers->open[layers->depth - 1].has_parts = true;
    if (layers->depth && part->is_named && !was_expected)
        layers->open[layers->depth - 1].inspected++;
    if (layers->depth == LAYERS_DEPTH_MAX)
        note_finding(layers, UNSCANNABLE_LIMITS, "too-deep");
    else
        layers->open[layers->depth++] = (struct layer){.level = part->level,
                                                       .size = part->size,
                                                       .is_zip = is_type(part->type, "CL_TYPE_ZIP"),
                                                       .container = check_container(layers, part)};
}

/* Returns whether libclamav inspects every member that it announces in a container of this type. In
 * containers of other types it also announces members that it never inspects. */
static bool inspects_announced_members(const char *container)
{
    static const char *const types[] = {"CL_TYPE_ZIP", "CL_TYPE_7Z", "CL_TYPE_MSCAB", "CL_TYPE_ARJ",
                                        "CL_TYPE_MSCHM"};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (is_type(container, types[i]))
            return true;
    return false;
}

/* A member may be announced twice: with the size in the directory, and with the size in its local header. It
 * is counted if one of the two sizes is large enough. */
static void announce_listed(struct layer *zip, const struct member *member, bool counts)
{
    if (member->number != zip->last_member)
        zip->is_last_counted = false;
    zip->last_member = member->number;
    if (counts && !zip->is_last_counted) {
        zip->announced++;
        zip->is_last_counted = true;
    }
}

void layers_note_encrypted(struct layers *layers)
{
    if (layers->depth)
        layers->open[layers->depth - 1].has_parts = true;
}

/* Returns whether an enclosing layer is large enough for a member of this packed size; true if the size is
 * unknown (zip64). False: libclamav has found the magic number in other data, and there is no such member. */
static bool fits_in_a_layer(const struct layers *layers, uint64_t packed)
{
    if (packed == UINT32_MAX)
        return true;
    for (size_t i = 0; i < layers->depth; i++)
        if (packed <= layers->open[i].size)
            return true;
    return false;
}

void layers_announce(struct layers *layers, const struct member *member)
{
    struct layer *top = layers->depth ? &layers->open[layers->depth - 1] : NULL;
    bool counts = member->size > LAYERS_TINY && !member->is_encrypted;

    end_expectation(layers, false);
    if (!top || !inspects_announced_members(member->container))
        return;
    if (top->is_zip && member->number > 0) {
        announce_listed(top, member, counts);
        return;
    }
    layers->is_expecting = counts && fits_in_a_layer(layers, member->packed);
    if (member->is_encrypted && fits_in_a_layer(layers, member->packed))
        note_finding(layers, UNSCANNABLE_ENCRYPTED, "encrypted-member");
}

void layers_end(struct layers *layers)
{
    end_expectation(layers, false);
    close_layers_from(layers, 0);
    if (!layers->saw_message)
        note_finding(layers, UNSCANNABLE_MALFORMED, "not-inspected");
}
