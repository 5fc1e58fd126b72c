.pragma library

// Moving the focus with arrow keys: to the nearest thing in that direction.

function collect(item, found) {
    for (let i = 0; i < item.children.length; ++i) {
        const child = item.children[i];
        if (!child.visible || !child.enabled)
            continue;
        if (child.activeFocusOnTab)
            found.push(child);
        collect(child, found);
    }
    return found;
}

function middle(item) {
    return item.mapToItem(null, item.width / 2, item.height / 2);
}

// The first thing inside ``scope`` that keys can reach, top to bottom as it is read.
function first(scope) {
    const all = collect(scope, []);
    return all.length > 0 ? all[0] : null;
}

// What has the focus is scrolled into sight.
function reveal(item) {
    for (let parent = item ? item.parent : null; parent; parent = parent.parent) {
        if (typeof parent.reveal === "function")
            parent.reveal(item);
    }
}

// ``across`` and ``down`` are -1, 0 or 1. Things straight ahead go before things aside.
function nearest(scope, from, across, down) {
    const start = middle(from);
    let best = null;
    let least = Infinity;
    for (const item of collect(scope, [])) {
        if (item === from)
            continue;
        const place = middle(item);
        const ahead = across !== 0 ? (place.x - start.x) * across : (place.y - start.y) * down;
        const aside = Math.abs(across !== 0 ? place.y - start.y : place.x - start.x);
        if (ahead <= 1)
            continue;
        const distance = ahead + 3 * aside;
        if (distance < least) {
            least = distance;
            best = item;
        }
    }
    return best;
}
