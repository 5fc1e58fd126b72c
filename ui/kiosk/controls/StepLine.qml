pragma ComponentBehavior: Bound

import QtQuick
import Hall.Kiosk

// Where one is: a bar for each step, and the same in words.
Column {
    id: root

    property int step: Visit.step
    property int steps: Visit.steps
    property string title

    spacing: Theme.unit
    visible: root.steps > 0

    Row {
        id: bars

        spacing: Theme.unit
        width: parent.width

        Repeater {
            model: root.steps

            Rectangle {
                required property int index

                width: (bars.width - bars.spacing * (root.steps - 1)) / root.steps
                height: index + 1 === root.step ? Theme.unit * 1.25 : Theme.unit * 0.75
                anchors.verticalCenter: parent ? parent.verticalCenter : undefined
                radius: height / 2
                color: index < root.step ? Theme.primary : Theme.line
            }
        }
    }

    KText {
        width: parent.width
        text: root.title === "" ? T.f("step.line", {"step": root.step, "steps": root.steps}) : T.f("step.lineNamed", {"step": root.step, "steps": root.steps, "title": root.title})
        color: Theme.quietInk
    }
}
