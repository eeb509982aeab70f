#include "mail/mime_tnef.h"

enum {
    SIGNATURE_OCTETS = 6, /* with the key after it */
    HEAD_OCTETS = 9,      /* of an attribute: level, identifier, length */
    CHECKSUM_OCTETS = 2,
    IID_OCTETS = 16,
    LEVEL_MESSAGE = 1,
    LEVEL_ATTACHMENT = 2,
    ATTRIBUTE_TYPE_MAX = 8,
};

enum attribute_id {
    ATTACH_DATA = 0x0006800f,
    ATTACH_TITLE = 0x00018010,
    ATTACH_BEGIN = 0x00069002, /* attAttachRendData is the first attribute of an attachment */
    MESSAGE_PROPERTIES = 0x00069003,
    ATTACH_PROPERTIES = 0x00069005,
};

enum property_type {
    TYPE_INT16 = 0x02,
    TYPE_INT32 = 0x03,
    TYPE_FLOAT = 0x04,
    TYPE_DOUBLE = 0x05,
    TYPE_CURRENCY = 0x06,
    TYPE_APPLICATION_TIME = 0x07,
    TYPE_ERROR = 0x0a,
    TYPE_BOOLEAN = 0x0b,
    TYPE_OBJECT = 0x0d,
    TYPE_INT64 = 0x14,
    TYPE_STRING8 = 0x1e,
    TYPE_UNICODE = 0x1f,
    TYPE_TIME = 0x40,
    TYPE_GUID = 0x48,
    TYPE_BINARY = 0x102,
    TYPE_MULTIPLE = 0x1000, /* flag: a list of values */
};

enum property_id {
    BODY = 0x1000,
    RTF_COMPRESSED = 0x1009,
    BODY_HTML = 0x1013,
    ATTACH_CONTENT = 0x3701,
    ATTACH_FILENAME = 0x3704,
    ATTACH_METHOD = 0x3705,
    ATTACH_LONG_FILENAME = 0x3707,
    NAMED_MIN = 0x8000, /* the property has a name, too */
};

/* Values of ATTACH_METHOD. */
enum { METHOD_REFERENCE_MIN = 2, METHOD_REFERENCE_MAX = 4, METHOD_WEB_REFERENCE = 7 };

struct attribute {
    uint32_t id;
    struct span octets;
};

struct value {
    unsigned type, id;
    struct span octets;
};

static uint32_t number_at(const char *p, size_t octets)
{
    uint32_t number = 0;

    while (octets--)
        number = number << 8 | (unsigned char)p[octets];
    return number;
}

static bool take_octets(struct span *rest, size_t n, struct span *octets)
{
    if (rest->n < n)
        return false;
    *octets = span_first(*rest, n);
    *rest = span_from(*rest, n);
    return true;
}

static bool take_number(struct span *rest, size_t n, uint32_t *number)
{
    struct span octets;

    if (!take_octets(rest, n, &octets))
        return false;
    *number = number_at(octets.p, n);
    return true;
}

bool mime_tnef_is(struct span text)
{
    return span_starts(text, SPAN("\x78\x9f\x3e\x22"));
}

void mime_tnef_init(struct mime_tnef *tnef, struct span text)
{
    *tnef = (struct mime_tnef){.attributes = span_from(text, SIGNATURE_OCTETS)};
}

static bool is_level(char level)
{
    return level == LEVEL_MESSAGE || level == LEVEL_ATTACHMENT;
}

/* Could an attribute begin there? */
static bool is_head(struct span rest)
{
    return rest.n >= HEAD_OCTETS && is_level(rest.p[0]) && number_at(rest.p + 3, 2) <= ATTRIBUTE_TYPE_MAX;
}

/* Does an attribute with content begin there, perhaps after a damaged level? */
static bool is_content_head(struct span rest)
{
    uint32_t id = rest.n >= HEAD_OCTETS ? number_at(rest.p + 1, 4) : 0;

    return id == ATTACH_DATA || id == MESSAGE_PROPERTIES || id == ATTACH_PROPERTIES;
}

/* Skips what is no attribute. Nothing was lost if it is padding. */
static void skip_damage(struct mime_tnef *tnef)
{
    bool is_cut = tnef->attributes.n && tnef->attributes.n < HEAD_OCTETS && is_level(tnef->attributes.p[0]);

    while (tnef->attributes.n && !is_content_head(tnef->attributes))
        tnef->attributes = span_from(tnef->attributes, 1);
    if (is_cut || tnef->attributes.n || !tnef->has_attribute)
        tnef->is_damaged = true;
}

/* An attribute that is cut short counts up to where it ends. */
static bool next_attribute(struct mime_tnef *tnef, struct attribute *attribute)
{
    size_t length;

    if (!is_head(tnef->attributes))
        skip_damage(tnef);
    if (tnef->attributes.n < HEAD_OCTETS)
        return false;
    tnef->has_attribute = true;
    attribute->id = number_at(tnef->attributes.p + 1, 4);
    length = number_at(tnef->attributes.p + 5, 4);
    tnef->attributes = span_from(tnef->attributes, HEAD_OCTETS);
    if (length > tnef->attributes.n)
        tnef->is_damaged = true;
    attribute->octets = span_first(tnef->attributes, length);
    tnef->attributes = span_from(span_from(tnef->attributes, attribute->octets.n), CHECKSUM_OCTETS);
    return true;
}

static void begin_properties(struct mime_tnef *tnef, struct span octets)
{
    tnef->properties = octets;
    tnef->values_left = 0;
    if (!take_number(&tnef->properties, 4, &tnef->properties_left))
        tnef->is_damaged = true;
}

/* Passes the name of a named property: a GUID, and a number or a string. */
static bool pass_name(struct span *rest)
{
    struct span octets;
    uint32_t is_string, n;

    if (!take_octets(rest, IID_OCTETS, &octets) || !take_number(rest, 4, &is_string) ||
        !take_number(rest, 4, &n))
        return false;
    return !is_string || take_octets(rest, (size_t)n + (-n & 3), &octets);
}

/* Returns the octets of a value with its padding; 0: the length precedes each value. */
static size_t octets_of_type(unsigned type)
{
    switch ((enum property_type)(type & ~(unsigned)TYPE_MULTIPLE)) {
    case TYPE_INT16:
    case TYPE_INT32:
    case TYPE_FLOAT:
    case TYPE_ERROR:
    case TYPE_BOOLEAN: return 4;
    case TYPE_DOUBLE:
    case TYPE_CURRENCY:
    case TYPE_APPLICATION_TIME:
    case TYPE_INT64:
    case TYPE_TIME: return 8;
    case TYPE_GUID: return 16;
    case TYPE_OBJECT:
    case TYPE_STRING8:
    case TYPE_UNICODE:
    case TYPE_BINARY:
    case TYPE_MULTIPLE: break;
    }
    return 0;
}

static bool is_counted(unsigned type)
{
    return type == TYPE_OBJECT || type == TYPE_STRING8 || type == TYPE_UNICODE || type == TYPE_BINARY;
}

static bool take_head(struct mime_tnef *tnef)
{
    unsigned type;

    if (!take_number(&tnef->properties, 4, &tnef->tag))
        return false;
    type = tnef->tag & 0xffff;
    if (tnef->tag >> 16 >= NAMED_MIN && !pass_name(&tnef->properties))
        return false;
    tnef->values_left = 1;
    if (octets_of_type(type) && !(type & TYPE_MULTIPLE))
        return true;
    return (octets_of_type(type) || is_counted(type & ~(unsigned)TYPE_MULTIPLE)) &&
           take_number(&tnef->properties, 4, &tnef->values_left);
}

/* A value that is cut short counts up to where it ends. */
static bool take_value(struct mime_tnef *tnef, struct value *value)
{
    uint32_t length = (uint32_t)octets_of_type(tnef->tag & 0xffff);

    *value = (struct value){.type = tnef->tag & 0xffff & ~(unsigned)TYPE_MULTIPLE, .id = tnef->tag >> 16};
    if (length == 0 && !take_number(&tnef->properties, 4, &length))
        return false;
    if (length > tnef->properties.n) {
        tnef->is_damaged = true;
        tnef->properties_left = tnef->values_left = 0;
    }
    value->octets = span_first(tnef->properties, length);
    tnef->properties = span_from(tnef->properties, (size_t)length + (-length & 3));
    return true;
}

/* The next value of the current properties. False: there is no more, or it cannot be read. */
static bool next_value(struct mime_tnef *tnef, struct value *value)
{
    while (tnef->values_left == 0 && tnef->properties_left) {
        tnef->properties_left--;
        if (!take_head(tnef)) {
            tnef->is_damaged = true;
            tnef->properties_left = tnef->values_left = 0;
        }
    }
    if (tnef->values_left == 0)
        return false;
    tnef->values_left--;
    if (take_value(tnef, value))
        return true;
    tnef->is_damaged = true;
    tnef->properties_left = tnef->values_left = 0;
    return false;
}

/* `width`: octets of a character. */
static void set_name(struct mime_tnef_name *name, struct span octets, size_t width)
{
    size_t length = octets.n / width, from;

    while (length && number_at(octets.p + (length - 1) * width, width) == 0)
        length--;
    from = length > sizeof name->text ? length - sizeof name->text : 0;
    name->n = length - from;
    for (size_t i = 0; i < name->n; i++) {
        uint32_t c = number_at(octets.p + (from + i) * width, width);

        name->text[i] = c >= ' ' && c < 0x7f && c != '"' && c != '\\' ? (char)c : '_';
    }
}

static void take_name(struct mime_tnef *tnef, const struct value *value)
{
    if (value->type != TYPE_STRING8 && value->type != TYPE_UNICODE)
        return;
    if (value->id == ATTACH_LONG_FILENAME || (value->id == ATTACH_FILENAME && tnef->long_name.n == 0))
        set_name(&tnef->long_name, value->octets, value->type == TYPE_UNICODE ? 2 : 1);
}

/* The names of an attachment may follow its content. */
static void read_names(struct mime_tnef *tnef)
{
    struct mime_tnef ahead = *tnef;
    struct attribute attribute;
    struct value value;

    ahead.title.n = ahead.long_name.n = 0;
    while (next_attribute(&ahead, &attribute) && attribute.id != ATTACH_BEGIN) {
        if (attribute.id == ATTACH_TITLE)
            set_name(&ahead.title, attribute.octets, 1);
        if (attribute.id != ATTACH_PROPERTIES)
            continue;
        begin_properties(&ahead, attribute.octets);
        while (next_value(&ahead, &value))
            take_name(&ahead, &value);
    }
    tnef->title = ahead.title;
    tnef->long_name = ahead.long_name;
}

/* Returns the object that follows the identifier of its interface. IID_IMessage is that of a message. */
static struct span object_in(struct mime_tnef *tnef, struct span octets)
{
    const struct span iid_of_message = SPAN("\7\3\2\0\0\0\0\0\xc0\0\0\0\0\0\0\x46");
    struct span object = span_from(octets, IID_OCTETS);

    if (span_starts(octets, iid_of_message) && !mime_tnef_is(object))
        tnef->is_damaged = true;
    return object;
}

static bool is_reference(const struct value *value)
{
    uint32_t method = value->octets.n >= 4 ? number_at(value->octets.p, 4) : 0;

    return (method >= METHOD_REFERENCE_MIN && method <= METHOD_REFERENCE_MAX) ||
           method == METHOD_WEB_REFERENCE;
}

/* Is the value a content? */
static bool take_content(struct mime_tnef *tnef, const struct value *value, struct mime_tnef_content *content)
{
    *content = (struct mime_tnef_content){MIME_TNEF_ATTACHMENT, value->octets};
    if (value->type == TYPE_OBJECT)
        content->octets = object_in(tnef, value->octets);
    else if (value->type == TYPE_BINARY && value->id == ATTACH_CONTENT)
        return true;
    else if (value->type == TYPE_BINARY && value->id == RTF_COMPRESSED)
        content->kind = MIME_TNEF_RTF;
    else if (value->type == TYPE_UNICODE && (value->id == BODY || value->id == BODY_HTML))
        content->kind = MIME_TNEF_UTF16;
    else if (value->type == TYPE_INT32 && value->id == ATTACH_METHOD && is_reference(value))
        content->kind = MIME_TNEF_EXTERNAL;
    else
        return false;
    return true;
}

static bool take_attribute(struct mime_tnef *tnef, const struct attribute *attribute,
                           struct mime_tnef_content *content)
{
    *content = (struct mime_tnef_content){MIME_TNEF_ATTACHMENT, attribute->octets};
    if (attribute->id == ATTACH_BEGIN)
        read_names(tnef);
    else if (attribute->id == MESSAGE_PROPERTIES || attribute->id == ATTACH_PROPERTIES)
        begin_properties(tnef, attribute->octets);
    return attribute->id == ATTACH_DATA;
}

bool mime_tnef_next(struct mime_tnef *tnef, struct mime_tnef_content *content)
{
    struct attribute attribute;
    struct value value;

    for (;;) {
        while (next_value(tnef, &value))
            if (take_content(tnef, &value, content))
                return true;
        if (!next_attribute(tnef, &attribute))
            return false;
        if (take_attribute(tnef, &attribute, content))
            return true;
    }
}
