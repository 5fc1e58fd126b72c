import QtQuick
import Hall.Kiosk

// What every button is made of: touch, mouse and keys, pressed at once, deaf to a hurried second tap, with a focus ring.
Item {
    id: root

    property string name
    property bool quick: false
    property bool held: false
    property real radius: Theme.radiusButton
    readonly property bool down: (area.pressed && area.containsMouse) || root.held

    signal clicked

    function press(): void {
        if (root.enabled && (root.quick || Visit.tap()))
            root.clicked();
    }

    implicitWidth: Theme.touch
    implicitHeight: Theme.touch
    activeFocusOnTab: root.enabled && root.visible
    Accessible.role: Accessible.Button
    Accessible.name: root.name
    Accessible.focusable: true
    Accessible.onPressAction: root.press()

    Keys.onPressed: event => {
        if (event.key === Qt.Key_Return || event.key === Qt.Key_Enter || event.key === Qt.Key_Space) {
            event.accepted = true;
            if (!event.isAutoRepeat) {
                root.held = true;
                root.press();
            }
        }
    }
    Keys.onReleased: event => {
        if (event.key === Qt.Key_Return || event.key === Qt.Key_Enter || event.key === Qt.Key_Space) {
            event.accepted = true;
            root.held = false;
        }
    }
    onActiveFocusChanged: root.held = false

    MouseArea {
        id: area

        anchors.fill: parent
        onClicked: root.press()
    }

    Rectangle {
        anchors.fill: parent
        anchors.margins: -Theme.unit
        z: 2
        radius: root.radius + Theme.unit
        color: "transparent"
        border.width: Theme.unit / 2
        border.color: Theme.contrast ? Theme.ink : Theme.attention
        visible: root.activeFocus && Shell.keys
    }
}
