import QtQuick
import Hall.Kiosk

// Who is asking, masked.
Fact {
    id: root

    property var person: null

    icon: root.person && root.person.phone ? "phone" : "card"
    text: root.person ? [T.of(root.person.name), root.person.number, root.person.phone].filter(part => part).join("  ") : ""
    ink: Theme.quietInk
    visible: root.text !== "" && !(Theme.elder && Visit.error !== "")
}
